// `npm run bench`: what the ledger does in a time and how far that is from what the machine allows. Each line has a figure, a
// limit measured in the same run, and their ratio; read the ratio. docs/performance.md explains the lines.

import { readFile, writeFile } from 'node:fs/promises';
import { optionsOrUsage, SIGNAL_CODES } from '../fixtures/options.js';
import { Bench, type Ground } from './bench.js';
import { ClusterLedger } from './driving/cluster-ledger.js';
import { LedgerProcess } from './driving/ledger-process.js';
import { measureGrowth } from './growth/growth.js';
import { measureClusterCosts, measureCosts } from './limits/measure-costs.js';
import { measureCluster, measureProcess } from './line.js';
import { type Options, readOptions, USAGE } from './options.js';
import { DOCUMENT, writeDocument } from './report/document.js';
import { growthPart } from './report/parts.js';
import { type Report, thisMachine } from './report/report.js';
import { plainTable } from './report/table.js';
import { GROWTH_SIZES, SIZES } from './sizes.js';
import { Workplace } from './workplace.js';

const FAILED = 1;
const PROCESS: Ground<LedgerProcess> = { open: LedgerProcess.start, costs: measureCosts };
const CLUSTER: Ground<ClusterLedger> = { open: ClusterLedger.start, costs: measureClusterCosts };

async function main(): Promise<void> {
  const options = optionsOrUsage(readOptions, USAGE);
  if (options.help) return void process.stdout.write(USAGE);
  if (options.reports.length > 0) return rewriteDocument(options.reports);
  const report = await measure(options);
  if (options.out !== undefined) await writeFile(options.out, `${JSON.stringify(report, null, 1)}\n`);
  if (options.doc) await writeDocument([report]);
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 1)}\n` : shown(report));
  if (report.kind === 'figures' && report.lines.some(({ failure }) => failure !== undefined))
    process.exitCode = FAILED;
}

async function rewriteDocument(paths: readonly string[]): Promise<void> {
  const reports: Report[] = [];
  for (const path of paths) reports.push(JSON.parse(await readFile(path, 'utf8')));
  await writeDocument(reports);
  process.stdout.write(`${DOCUMENT} is written.\n`);
}

async function measure(options: Options): Promise<Report> {
  const workplace = await Workplace.open();
  for (const [signal, code] of Object.entries(SIGNAL_CODES)) {
    process.on(signal, () => void workplace.close().finally(() => process.exit(code)));
  }
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const size = SIZES[options.size];
  const { bins, ground } = options;
  const about = { at: new Date().toISOString(), machine: thisMachine(), bins, size: size.name };
  try {
    if (ground === 'cluster') {
      const bench = new Bench(workplace, { ground: CLUSTER, bins, size }, say);
      const lines = await measureCluster(bench, options.lines);
      return { kind: 'figures', ground, ...about, lines, ...(await bench.aside()) };
    }
    const bench = new Bench(workplace, { ground: PROCESS, bins, size }, say);
    if (options.grow)
      return { kind: 'growth', ...about, growth: await measureGrowth(bench, GROWTH_SIZES[size.name]) };
    const lines = await measureProcess(bench, options.lines);
    return { kind: 'figures', ground, ...about, lines, ...(await bench.aside()) };
  } finally {
    await workplace.close();
  }
}

/** What a run found, for a terminal. */
function shown(report: Report): string {
  return report.kind === 'figures' ? plainTable(report) : `${growthPart(report)}\n`;
}

await main();
