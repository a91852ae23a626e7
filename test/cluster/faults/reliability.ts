// The figures of docs/reliability.md, between two marks that stay, for runs with one broker and with three.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../../fixtures/project-folder.js';
import type { FaultReport } from './fault-run.js';

const DOCUMENT = join(PROJECT_FOLDER, 'docs/reliability.md');

/** Puts a run's figures into the document. */
export async function writeReliability(report: FaultReport): Promise<void> {
  const text = await readFile(DOCUMENT, 'utf8');
  const begin = `<!-- report of ${report.brokers} -->`;
  const end = `<!-- end of the report of ${report.brokers} -->`;
  const [before, rest] = text.split(begin);
  const [, after] = rest!.split(end);
  await writeFile(DOCUMENT, `${before}${begin}\n\n${reportText(report)}\n${end}${after}`);
}

function reportText(report: FaultReport): string {
  const { seed, faults, uploads, clients, seconds, bins, brokers, records, noise, states, filesCompared } =
    report;
  const total = Object.values(faults).reduce((sum, count) => sum + count, 0);
  const day = report.at.slice(0, 10);
  return `A run of ${Math.round(seconds / 60)} minutes on ${day}, ${bins} bins, two shards: \`npm run faults --${brokers === 1 ? '' : ` --brokers ${brokers}`} --faults ${total} --seed ${seed}\`

${table(['fault', 'times'], Object.entries(faults))}

${table(
  ['uploads', ''],
  [
    ['acknowledged', uploads.acknowledged],
    ['published', uploads.published],
    ['lost', uploads.lost],
    ['requests that had to be sent again', uploads.requestsSentAgain],
  ],
)}

${table(
  ['client', 'refreshes', 'states seen', 'invalid, or going back'],
  Object.entries(clients).map(([name, { refreshes, states, invalid }]) => [name, refreshes, states, invalid]),
)}

${table(
  ['the topic at the end', ''],
  [
    ['records', records],
    ['values of noise', noise],
    ['states', states],
    ['files of the newest state that equal the fold of the topic', filesCompared[0]!],
    ['the same after Postgres and the files were dropped', filesCompared[1]!],
  ],
)}
`;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) =>
    `| ${cells.map(cell => (typeof cell === 'number' ? cell.toLocaleString('en-US') : cell)).join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
