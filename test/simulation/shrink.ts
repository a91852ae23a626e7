// From a failed history to the shortest one found that fails in the same way: steps of the script and faults are left out, in halves
// first and one by one in the end, and what still fails is kept. All else is drawn as before (chance.ts).

import type { Database } from './database.js';
import { drawHistory, type HistoryPlan, type Part, type Played, play } from './history.js';
import { Violation } from './violation.js';

/** How many histories are played at most to shrink one. */
const MOST_TRIES = 150;

interface Shortest {
  readonly part: Required<Part>;
  readonly played: Played;
}

/** Plays parts of a failed history; gives the shortest that fails by the same check. */
export async function shrink(plan: HistoryPlan, failed: Played, database: Database): Promise<Shortest> {
  const check = checkOf(failed);
  const { script } = drawHistory(plan);
  const faults = failed.fired.map(({ id }) => id);
  let shortest: Shortest = {
    part: { steps: new Set(script.keys()), faults: new Set(faults) },
    played: failed,
  };
  let tries = 0;
  const tryPart = async (part: Required<Part>): Promise<boolean> => {
    if (tries++ >= MOST_TRIES) return false;
    const played = await play(plan, database, part);
    if (!played.failure || checkOf(played) !== check) return false;
    const fired = new Set(played.fired.map(({ id }) => id));
    shortest = { part: { steps: part.steps, faults: fired }, played };
    return true;
  };
  // What fails later than the history's failure does is not needed, so the end goes first.
  await thin(
    () => [...shortest.part.steps].reverse(),
    steps => tryPart({ ...shortest.part, steps: new Set([...steps].sort((a, b) => a - b)) }),
  );
  await thin(
    () => [...shortest.part.faults],
    kept => tryPart({ ...shortest.part, faults: new Set(kept) }),
  );
  return shortest;
}

/** Leaves out parts of a list, smaller and smaller ones, as long as `holds` says that the rest will do. */
async function thin<T>(
  items: () => readonly T[],
  holds: (rest: readonly T[]) => Promise<boolean>,
): Promise<void> {
  for (let size = Math.ceil(items().length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < items().length; ) {
      const rest = items().filter((_, i) => i < at || i >= at + size);
      if (!(await holds(rest))) at += size;
    }
  }
}

/** The promise that was broken. */
export function checkOf({ failure }: Played): string {
  return failure instanceof Violation ? failure.check : (failure?.name ?? '');
}
