// Many pages as one history: the files in the order in which they were uploaded, each once. The order depends on the pages'
// content alone, not on the order in which they were named or fetched. Pure.

import { compareCodePoints } from '#tuf';
import type { FileRemark, IndexFile, ProjectPage } from './page.js';

/**
 * The files of all pages by upload time, then by path; files without a time last, by path. A file that is on two pages counts
 * once, with the yank of the later page; where they give it different content, the earlier page's stands and the other is
 * reported as skipped.
 */
export function uploadOrder(pages: readonly ProjectPage[]): { files: IndexFile[]; skipped: FileRemark[] } {
  const byPath = new Map<string, IndexFile>();
  const skipped: FileRemark[] = [];
  for (const page of pages) {
    skipped.push(...page.skipped);
    for (const file of page.files) {
      const other = byPath.get(file.path);
      if (other && !sameContent(other, file)) skipped.push(contradiction(page.project, file));
      else byPath.set(file.path, file);
    }
  }
  const keyed = Array.from(byPath.values(), file => ({ file, time: sortableTime(file.upload.uploadTime) }));
  keyed.sort((a, b) => compareTimes(a.time, b.time) || compareCodePoints(a.file.path, b.file.path));
  return { files: keyed.map(({ file }) => file), skipped };
}

function sameContent(a: IndexFile, b: IndexFile): boolean {
  return a.upload.length === b.upload.length && a.upload.hashes.sha256 === b.upload.hashes.sha256;
}

function contradiction(project: string, file: IndexFile): FileRemark {
  return {
    project,
    filename: file.upload.filename!,
    code: 'listed-twice',
    detail: 'it is listed twice, with different content; the first one counts',
  };
}

// As text, 36.5Z would stand before 36Z: so every fraction is written out to six digits.
function sortableTime(time: string | undefined): string {
  if (time === undefined) return '';
  const [seconds, fraction = ''] = time.slice(0, -1).split('.');
  return `${seconds}.${fraction.padEnd(6, '0')}`;
}

function compareTimes(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '' || b === '') return a === '' ? 1 : -1;
  return a < b ? -1 : 1;
}
