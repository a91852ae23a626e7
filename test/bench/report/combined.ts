// Several reports as one, so that single lines can be measured again.

import { LINE_NAMES } from '../line.js';
import type { Report, RunReport } from './report.js';

/**
 * The reports with those of figures combined into one for each ground: of each line what the last report says that measured it.
 * @throws Error where they are of different sizes or bins, and so can't stand in one table.
 */
export function combined(reports: readonly Report[]): Report[] {
  const runs = reports.filter(report => report.kind === 'figures');
  const others = reports.filter(report => report.kind === 'growth');
  const grounds = [...new Set(runs.map(({ ground }) => ground))];
  const onEach = grounds.map(ground => runs.filter(run => run.ground === ground).reduce(withLater));
  return [...onEach, ...others];
}

function withLater(earlier: RunReport, later: RunReport): RunReport {
  if (earlier.bins !== later.bins || earlier.size !== later.size) {
    throw new Error(
      `One report is of ${earlier.bins} bins at size ${earlier.size}, another of ${later.bins} at size ${later.size}.`,
    );
  }
  const byLine = new Map([...earlier.lines, ...later.lines].map(result => [result.line, result]));
  const lines = LINE_NAMES[later.ground].flatMap(line => byLine.get(line) ?? []);
  return { ...earlier, ...later, lines };
}
