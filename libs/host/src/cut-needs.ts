// What projector-targets says in its progress to the scheduler of cuts.

import type { DataSource } from 'typeorm';
import { type CutNeeds, joinedNeeds } from '#projection';
import { readFoldStates } from '#store';

/**
 * What gives a cut something to do, as of the last commits of projector-targets; undefined before its first, and as long as bins
 * are missing. Its shards may stand at different positions. Whoever has read before that a state is complete knows that all of
 * them have folded past it; one that has come farther only adds what changed since.
 */
export async function readCutNeeds(targets: DataSource): Promise<CutNeeds | undefined> {
  const states = await readFoldStates(targets);
  return states && joinedNeeds(states.map(state => JSON.parse(state).needs as CutNeeds));
}
