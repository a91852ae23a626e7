// What projector-targets says in its progress to the scheduler of cuts.

import type { DataSource } from 'typeorm';
import type { CutNeeds } from '#projection';
import { readProgress } from '#store';

/** What gives a cut something to do, as of the last commit of projector-targets; undefined before its first. */
export async function readCutNeeds(targets: DataSource): Promise<CutNeeds | undefined> {
  const progress = await readProgress(targets);
  return progress && (JSON.parse(progress.state).needs as CutNeeds);
}
