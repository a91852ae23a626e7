// How much comes in between cuts, and how far the newest state has come: by this a scheduler of cuts sets its pace.

import type { Step } from './reader.js';
import type { AppliedCut } from './root.js';

/** Records that say something about files: those that the last cut covered and the one before did not, and those since. */
export interface RecordsByCut {
  readonly covered: number;
  readonly since: number;
}

/** How busy a projection of bins is. */
export interface Busyness extends RecordsByCut {
  /** Bins that the last cut drafted and that are not complete. */
  readonly incomplete: number;
}

export const NO_RECORDS: RecordsByCut = { covered: 0, since: 0 };

/** Records count for the cut after them. */
export function recordsAfter(
  before: RecordsByCut,
  steps: readonly Step[],
  cuts: readonly Pick<AppliedCut, 'position'>[],
): RecordsByCut {
  let { covered, since } = before;
  for (const { position, events } of steps) {
    if (events.some(({ owner }) => owner === 'bin')) since++;
    if (cuts.some(cut => cut.position === position)) [covered, since] = [since, 0];
  }
  return { covered, since };
}

/** What shards tell together: all of them see all records, and each has bins of its own. */
export function joinedBusyness(shards: readonly Busyness[]): Busyness {
  return {
    covered: Math.max(0, ...shards.map(({ covered }) => covered)),
    since: Math.max(0, ...shards.map(({ since }) => since)),
    incomplete: shards.reduce((sum, { incomplete }) => sum + incomplete, 0),
  };
}
