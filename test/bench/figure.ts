/** One line of the bench: what was measured, the limit of the same run, and what the limit consists of. Times in milliseconds. */
export interface Figure {
  readonly name: string;
  readonly ms: number;
  readonly limitMs: number;
  readonly limit: string;
}

/** The figures as a table for people. */
export function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, ms, limitMs, limit }) => [
    name,
    shown(ms),
    shown(limitMs),
    (ms / limitMs).toFixed(1),
    limit,
  ]);
  const all = [['figure', 'measured', 'limit', 'ratio', 'what the limit is'], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map(row => row[column]!.length)));
  return all
    .map(
      row =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function shown(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(1)} ms`;
}
