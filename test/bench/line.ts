// The lines of the bench by name: each measures figures that belong together, in this order.

import type { Bench } from './bench.js';
import type { ClusterLedger } from './driving/cluster-ledger.js';
import type { LedgerProcess } from './driving/ledger-process.js';
import type { MeasuredLedger } from './driving/measured-ledger.js';
import { measureBursts } from './lines/bursts.js';
import { measureCatchUp } from './lines/catch-up.js';
import { measureDisk } from './lines/disk.js';
import { measureImport } from './lines/import.js';
import { measureMemory } from './lines/memory.js';
import { measureOpening } from './lines/opening.js';
import { measurePosters } from './lines/posters.js';
import { measureReissue } from './lines/reissue.js';
import { measureReplay } from './lines/replay.js';
import { measureUploads } from './lines/upload.js';
import type { Figure } from './report/figure.js';

type Lines<L extends MeasuredLedger> = Readonly<Record<string, (bench: Bench<L>) => Promise<Figure[]>>>;

/** Of a ledger in one process. */
const PROCESS_LINES = {
  opening: measureOpening,
  upload: measureUploads,
  bursts: measureBursts,
  posters: measurePosters,
  import: measureImport,
  reissue: measureReissue,
  memory: measureMemory,
  disk: measureDisk,
  replay: measureReplay,
} satisfies Lines<LedgerProcess>;

/** Of a ledger whose services are processes of their own. */
const CLUSTER_LINES = {
  upload: measureUploads,
  bursts: measureBursts,
  posters: measurePosters,
  import: measureImport,
  reissue: measureReissue,
  catchup: measureCatchUp,
} satisfies Lines<ClusterLedger>;

export type LineName = keyof typeof PROCESS_LINES | keyof typeof CLUSTER_LINES;

/** The lines that are measured on a ground. */
export const LINE_NAMES = {
  process: Object.keys(PROCESS_LINES) as readonly LineName[],
  cluster: Object.keys(CLUSTER_LINES) as readonly LineName[],
};

export type GroundName = keyof typeof LINE_NAMES;

/** What became of one line: its figures, or why there are none. */
export interface LineResult {
  readonly line: LineName;
  readonly figures: readonly Figure[];
  readonly failure?: string;
}

/** Measures a ledger in one process. */
export function measureProcess(
  bench: Bench<LedgerProcess>,
  names: readonly LineName[],
): Promise<LineResult[]> {
  return measureLines(PROCESS_LINES, bench, names);
}

/** Measures a ledger whose services are processes of their own. */
export function measureCluster(
  bench: Bench<ClusterLedger>,
  names: readonly LineName[],
): Promise<LineResult[]> {
  return measureLines(CLUSTER_LINES, bench, names);
}

/** Measures lines one after the other; one that fails says so, and the others go on. Ends early when the run is interrupted. */
async function measureLines<L extends MeasuredLedger>(
  lines: Lines<L>,
  bench: Bench<L>,
  names: readonly LineName[],
): Promise<LineResult[]> {
  const results: LineResult[] = [];
  for (const line of names) {
    if (bench.workplace.signal.aborted) break;
    bench.say(line);
    results.push(await measureLine(line, () => lines[line]!(bench), bench));
  }
  return results;
}

async function measureLine(
  line: LineName,
  measure: () => Promise<Figure[]>,
  { workplace, say }: Bench,
): Promise<LineResult> {
  try {
    return { line, figures: await measure() };
  } catch (error) {
    const failure = (error as Error).message;
    if (!workplace.signal.aborted) say(`${line} FAILED: ${failure}`);
    return { line, figures: [], failure };
  }
}
