// What projector-targets keeps of its fold in its progress, as JSON: where the offline roles of the shard stand, and `needs`, which
// the scheduler of cuts reads. All else follows from the rows.

import {
  type CutNeeds,
  joinedNeeds,
  NO_RECORDS,
  type RecordsByCut,
  type RoleState,
  roleStateOf,
  roleStateText,
} from '#projection';

interface SavedFold {
  /** Roles by name, each as text. */
  readonly offline: readonly (readonly [name: string, role: string])[];
  readonly needs: CutNeeds;
}

export function savedText(offline: ReadonlyMap<string, RoleState>, needs: CutNeeds): string {
  const roles = [...offline].map(([name, role]) => [name, roleStateText(role)] as const);
  return JSON.stringify({ offline: roles, needs } satisfies SavedFold);
}

/** The offline roles. Where a shard was split, its parts keep the roles of all until they commit; each heeds its own. */
export function offlineOf(saved: string): [name: string, role: RoleState][] {
  const { offline } = JSON.parse(saved) as SavedFold;
  return offline.map(([name, role]) => [name, roleStateOf(role)]);
}

/** The records around the last cut. */
export function recordsOf(saved: string): RecordsByCut {
  return (JSON.parse(saved) as SavedFold).needs.busy ?? NO_RECORDS;
}

/** What neighbours have kept, as the shard that they make together keeps it. They stand at one position, so what two of them keep is the same. */
export function joinSaved(saved: readonly string[]): string {
  const folds = saved.map(text => JSON.parse(text) as SavedFold);
  const offline = [...new Map(folds.flatMap(fold => fold.offline))];
  return JSON.stringify({ offline, needs: joinedNeeds(folds.map(fold => fold.needs)) } satisfies SavedFold);
}
