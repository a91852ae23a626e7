// The lines of the bench by name: each measures figures that belong together, in this order.

import type { Bench } from './bench.js';
import { measureBursts } from './lines/bursts.js';
import { measureDisk } from './lines/disk.js';
import { measureImport } from './lines/import.js';
import { measureMemory } from './lines/memory.js';
import { measureOpening } from './lines/opening.js';
import { measurePosters } from './lines/posters.js';
import { measureReissue } from './lines/reissue.js';
import { measureReplay } from './lines/replay.js';
import { measureUploads } from './lines/upload.js';
import type { Figure } from './report/figure.js';

const LINES = {
  opening: measureOpening,
  upload: measureUploads,
  bursts: measureBursts,
  posters: measurePosters,
  import: measureImport,
  reissue: measureReissue,
  memory: measureMemory,
  disk: measureDisk,
  replay: measureReplay,
} satisfies Record<string, (bench: Bench) => Promise<Figure[]>>;

export type LineName = keyof typeof LINES;

export const LINE_NAMES = Object.keys(LINES) as readonly LineName[];

/** What became of one line: its figures, or why there are none. */
export interface LineResult {
  readonly line: LineName;
  readonly figures: readonly Figure[];
  readonly failure?: string;
}

/** Measures lines one after the other; one that fails says so, and the others go on. Ends early when the run is interrupted. */
export async function measureLines(bench: Bench, names: readonly LineName[]): Promise<LineResult[]> {
  const results: LineResult[] = [];
  for (const line of names) {
    if (bench.workplace.signal.aborted) break;
    bench.say(line);
    results.push(await measureLine(bench, line));
  }
  return results;
}

async function measureLine(bench: Bench, line: LineName): Promise<LineResult> {
  try {
    return { line, figures: await LINES[line](bench) };
  } catch (error) {
    const failure = (error as Error).message;
    if (!bench.workplace.signal.aborted) bench.say(`${line} FAILED: ${failure}`);
    return { line, figures: [], failure };
  }
}
