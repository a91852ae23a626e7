// How long the keys of snapshot and timestamp go on signing after a later root has replaced them (DESIGN 4). A root is published
// right after the first complete state under it; until then, and for a while after, clients know only the one before. So each state
// meets the thresholds of the newest root and of each older one until its cut is `overlap` past the first complete state that was
// cut under a later root. A root that revokes a key ends all overlaps at once.

import type { KeySet } from '#ledger';
import type { ReplacedKeys } from './offline.js';

/** Keys of an older root that still sign. Plain data. */
export interface Overlap extends ReplacedKeys {
  /** The root that replaced them. */
  readonly version: number;
  /** The first state that was cut under a later root. */
  readonly since?: number;
  /** When the first such state that became complete was cut, in milliseconds. */
  readonly from?: number;
}

/** The overlaps that count at a cut, `overlap` being the policy's, in milliseconds. */
export function overlapsAt(
  overlaps: readonly Overlap[],
  { state, at }: { readonly state: number; readonly at: number },
  overlap: number,
): Overlap[] {
  return overlaps
    .filter(({ from }) => from === undefined || at < from + overlap)
    .map(kept => (kept.since === undefined ? { ...kept, since: state } : kept));
}

/** The overlaps after a state became complete. */
export function overlapsAfterState(
  overlaps: readonly Overlap[],
  { state, at }: { readonly state: number; readonly at: number },
): Overlap[] {
  return overlaps.map(overlap => {
    const { since, from } = overlap;
    return from === undefined && since !== undefined && since <= state ? { ...overlap, from: at } : overlap;
  });
}

/** The overlaps after the clock was set: none begins in what has become the future, or it would last that much longer. */
export function overlapsAfterClock(overlaps: readonly Overlap[], at: number): Overlap[] {
  return overlaps.map(overlap => {
    const { from } = overlap;
    return from !== undefined && from > at ? { ...overlap, from: at } : overlap;
  });
}

/** The first state whose completion an overlap waits for; undefined where none does. */
export function awaitedState(overlaps: readonly Overlap[]): number | undefined {
  const awaited = overlaps.filter(({ from }) => from === undefined).flatMap(({ since }) => since ?? []);
  return awaited.length > 0 ? Math.min(...awaited) : undefined;
}

/** Every set of keys that a role of a state must meet: the newest root's first. */
export function requiredKeys(
  role: 'snapshot' | 'timestamp',
  newest: ReplacedKeys,
  overlaps: readonly Overlap[],
): KeySet[] {
  const sets = [newest, ...overlaps].map(keys => keys[role]);
  return [...new Map(sets.map(set => [JSON.stringify(set), set])).values()];
}
