// The `meta` of a snapshot, in runs of fragments. A cut changes the versions of a few roles among 16,386: only the runs that
// hold them are joined again.

import { metaFragment } from '#tuf';

/** How many roles one run holds: of 16,384 bins, a state that changes 80 joins some 2,500 fragments and 512 runs. */
const ROLES_PER_RUN = 32;

/** Plain data, so that a state can be copied. */
export interface SnapshotMeta {
  /** Each role's place among the fragments. */
  readonly places: ReadonlyMap<string, number>;
  /** In the order of the roles' file names. */
  readonly fragments: string[];
  readonly runs: string[];
  /** The runs that are not of their fragments any more. */
  readonly stale: Set<number>;
}

/** The meta of roles in that order, all without a version yet. */
export function newSnapshotMeta(order: readonly string[]): SnapshotMeta {
  const places = new Map(order.map((role, place) => [role, place]));
  const runs: string[] = Array(Math.ceil(order.length / ROLES_PER_RUN)).fill('');
  return { places, fragments: Array(order.length).fill(''), runs, stale: new Set(runs.keys()) };
}

/** Lists `version` of a role; a role that the snapshot does not list changes nothing. */
export function listVersion(meta: SnapshotMeta, role: string, version: number): void {
  const place = meta.places.get(role);
  if (place === undefined) return;
  meta.fragments[place] = metaFragment(role, version);
  meta.stale.add(Math.floor(place / ROLES_PER_RUN));
}

/** The fragments of all roles in runs, to be joined by commas. */
export function metaRuns(meta: SnapshotMeta): readonly string[] {
  for (const run of meta.stale) {
    const first = run * ROLES_PER_RUN;
    meta.runs[run] = meta.fragments.slice(first, first + ROLES_PER_RUN).join(',');
  }
  meta.stale.clear();
  return meta.runs;
}
