// The parts of a document that reports tell of, in Markdown.

import type { PeakMemory } from '../driving/process-memory.js';
import type { GrowthPoint } from '../growth/growth.js';
import { COST_NAMES, type Costs } from '../limits/costs.js';
import { SIZES } from '../sizes.js';
import { grouped, type Part, withUnit } from './figure.js';
import type { GrowthReport, Machine, Report, RunReport } from './report.js';
import { markdownRows, markdownTable } from './table.js';

/** Each part that a report tells of, by its name. */
export function partsOf(report: Report): Map<string, string> {
  if (report.kind === 'growth') return new Map([['growth', growthPart(report)]]);
  const figures = `${taken(commandOf(report), report)}\n\n${markdownTable(report)}`;
  if (report.ground === 'cluster') return new Map([['cluster', figures]]);
  const parts = new Map([['figures', figures]]);
  const reissue = report.lines.flatMap(({ figures }) => figures).find(({ key }) => key === 'reissue');
  if (reissue?.limit.parts) parts.set('reissue', stepsPart(reissue.limit.parts));
  if (report.costs) parts.set('costs', costsPart(report.costs));
  if (report.memory) parts.set('memory', memoryPart(report.memory));
  const capacity = capacityPart(report);
  if (capacity) parts.set('capacity', capacity);
  return parts;
}

function commandOf({ ground, size, bins }: RunReport): string {
  return `npm run bench --${ground === 'cluster' ? ' --cluster' : ''} --size ${size}${bins === SIZES[size].bins ? '' : ` --bins ${bins}`}`;
}

/** What each step of a limit comes to. */
function stepsPart(parts: readonly Part[]): string {
  const rows = parts.flatMap(({ what, count, ms, steps = { [what]: ms } }) =>
    Object.entries(steps).map(([step, one]) => [
      what,
      step,
      grouped(count),
      withUnit(one, 'ms'),
      withUnit(count * one, 'ms'),
    ]),
  );
  return markdownRows(['of', 'step', 'times', 'one', 'together'], rows);
}

function costsPart(costs: Costs): string {
  const rows = Object.entries(COST_NAMES).map(([name, words]) => [
    words,
    withUnit(costs[name as keyof Costs], 'ms'),
  ]);
  return markdownRows(['operation', 'time of one'], rows);
}

function memoryPart(memory: readonly PeakMemory[]): string {
  const rows = memory.map(({ name, processes, mib }) => [name, grouped(processes), withUnit(mib, 'MiB')]);
  return markdownRows(['process', 'how many were seen', 'peak of the largest'], rows);
}

/** What the ledger of the import takes; undefined where that was not measured. */
function capacityPart(report: RunReport): string | undefined {
  const figures = report.lines.flatMap(line => line.figures);
  const named = (key: string) => figures.find(figure => figure.key === key);
  const [ledger, postgres] = [named('memory.ledger'), named('memory.postgres.all')];
  const [log, repository] = [named('disk.postgres'), named('disk.repository')];
  if (!ledger || !postgres || !log || !repository) return undefined;
  const mib = (value: number) => withUnit(value, 'MiB');
  const files = grouped(SIZES[report.size].importFiles);
  return markdownRows(
    ['files', 'memory: ledger', 'memory: Postgres', 'disk: Postgres', 'disk: repository'],
    [
      ['0', mib(ledger.limit.value), mib(postgres.limit.value), '', ''],
      [files, mib(ledger.value), mib(postgres.value), mib(log.value), mib(repository.value)],
    ],
  );
}

/** How things grow, as tables. */
export function growthPart(report: GrowthReport): string {
  const { bins, files, cuts } = report.growth;
  const command = `npm run bench -- --grow --size ${report.size}`;
  const tables = [
    table('bins', bins),
    table(`files there, at ${grouped(report.bins)} bins`, files),
    table(`states before, at ${grouped(report.bins)} bins`, cuts),
  ];
  return [taken(command, report), ...tables].join('\n\n');
}

function table(heading: string, points: readonly GrowthPoint[]): string {
  const rows = points.map(({ at, p50, p95, state }) => [
    grouped(at),
    withUnit(p50, 'ms'),
    withUnit(p95, 'ms'),
    `${grouped(state.bin)} B`,
    `${grouped(state.snapshot)} B`,
  ]);
  return markdownRows(
    [heading, 'one upload, median', '95th percentile', "a bin's file", 'the snapshot'],
    rows,
  );
}

/** With which command, when and where a report was made. */
function taken(command: string, { at, machine }: { readonly at: string; readonly machine: Machine }): string {
  const { processor, cores, memoryGiB, system, node, load } = machine;
  return (
    `\`${command}\`, on ${at.slice(0, 10)}: ${cores} cores (${processor}), ${memoryGiB} GiB, ${system}, Node ${node}; ` +
    `load ${load.toFixed(1)} before it began.`
  );
}
