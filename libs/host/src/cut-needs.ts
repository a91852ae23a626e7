// What projector-targets and projector-root say in their progress to the scheduler of cuts.

import type { DataSource } from 'typeorm';
import { type CutNeeds, joinedNeeds, type RootState } from '#projection';
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

/** Where the fold of projector-root stands; undefined before its first commit. */
export async function readRootState(root: DataSource): Promise<RootState | undefined> {
  const [state] = (await readFoldStates(root)) ?? [];
  return state === undefined ? undefined : JSON.parse(state);
}
