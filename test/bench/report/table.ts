// Figures as a table: plain for a terminal, in Markdown for documents.

import { WORDS } from '../limits/costs.js';
import { targetOf } from '../targets.js';
import { type Figure, ratio, reaches, withUnit } from './figure.js';
import type { RunReport } from './report.js';

const HEADINGS = ['figure', 'measured', 'limit', 'ratio', 'to reach', 'what the limit is'];

/** The table for a terminal, columns aligned. */
export function plainTable(report: RunReport): string {
  const rows = [HEADINGS, ...rowsOf(report)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map(row => row[column]!.length)));
  const lines = rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n\n${WORDS}\n`;
}

/** The same in Markdown. */
export function markdownTable(report: RunReport): string {
  return `${markdownRows(HEADINGS, rowsOf(report))}\n\n${WORDS}`;
}

/** Any rows below their headings, in Markdown. */
export function markdownRows(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n');
}

function rowsOf(report: RunReport): string[][] {
  return report.lines.flatMap(({ line, figures, failure }) =>
    failure === undefined
      ? figures.map(figure => rowOf(figure, targetOf(figure, report)))
      : [[`${line}: FAILED`, '', '', '', '', oneLine(failure)]],
  );
}

function rowOf(figure: Figure, target: number | undefined): string[] {
  const { name, value, unit, limit } = figure;
  const wanted =
    target === undefined ? '' : `${withUnit(target, unit)}: ${reaches(figure, target) ? 'yes' : 'no'}`;
  return [
    name,
    withUnit(value, unit),
    withUnit(limit.value, unit),
    ratio(figure).toFixed(2),
    wanted,
    limit.of,
  ];
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '/').slice(0, 200);
}
