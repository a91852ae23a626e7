// The generated parts of docs/performance.md. Each stands between two comments that name it:
//
//     <!-- bench:NAME -->
//     ...
//     <!-- /bench:NAME -->

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { growthCharts } from '../growth/growth-charts.js';
import { combined } from './combined.js';
import { partsOf } from './parts.js';
import type { Report } from './report.js';

export const DOCUMENT = 'docs/performance.md';
const PICTURES = 'docs/pictures';

/** The document with its parts made anew from reports; parts that none of them tells of stay as they are. */
export function withReports(document: string, reports: readonly Report[]): string {
  const parts = combined(reports).flatMap(report => [...partsOf(report)]);
  return parts.reduce((text, [name, content]) => withPart(text, name, content), document);
}

/** Rewrites the document and its pictures. */
export async function writeDocument(reports: readonly Report[]): Promise<void> {
  await writeFile(DOCUMENT, withReports(await readFile(DOCUMENT, 'utf8'), reports));
  for (const report of reports) {
    if (report.kind !== 'growth') continue;
    for (const [name, svg] of growthCharts(report.growth)) await writeFile(join(PICTURES, name), svg);
  }
}

/** @throws Error where the document has no such part. */
function withPart(document: string, name: string, content: string): string {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${DOCUMENT} has no part between "${begin}" and "${end}".`);
  return `${document.slice(0, from + begin.length)}\n\n${content}\n\n${document.slice(to)}`;
}
