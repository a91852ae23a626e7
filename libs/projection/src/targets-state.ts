// The state of the fold of targets, and how its parts are reached.

import type { LedgerOpened } from '#ledger';
import { binName, type RoleKeys } from '#tuf';
import type { BinContent } from './bin.js';
import type { RoleState } from './draft.js';
import { holdsBin, type Shard } from './shard.js';

/** One hash bin's life, and the position of the last accepted event that changed its content (-1: none). */
export interface BinState {
  readonly role: RoleState;
  changed: number;
}

/** What cuts will have to do to the bins, kept by schedule.ts; plain data, so that a state can be copied. Arrays are by bin, from the shard's first. */
export interface Schedule {
  /** The refresh window (seconds) that `due` and `leads` are of. */
  readonly window: number;
  /** 1 where an event changed the bin after the cut of its newest complete version, or no version is complete. */
  readonly touched: Uint8Array;
  /** The Unix second at which the bin falls due; infinite while none is complete. */
  readonly due: Float64Array;
  /** How many seconds before its expiry the bin falls due; not a number where it was not reckoned yet. */
  readonly leads: Float64Array;
  /** The least of `due`; absent while it must be looked for. */
  earliest?: number;
  /** The position of the newest accepted event that changed a bin; -1 where there is none. */
  changed: number;
}

/** The state of the fold, owned by its service and changed in place. */
export interface TargetsState {
  readonly shard: Shard;
  /** By bin index; only those of the shard are ever touched. Whoever restores a state fills them before anything is folded. */
  readonly bins: Map<number, BinState>;
  /** The working set (see targets.ts). */
  readonly contents: Map<number, BinContent>;
  /** The canonical texts of open drafts, by role. */
  readonly texts: Map<string, string>;
  /** The bins that have an open draft. */
  readonly open: Set<number>;
  /** Made of `bins` where it is missing. */
  schedule?: Schedule;
  opened?: LedgerOpened;
  cut?: BinsCut;
}

/** What the newest cut says of the bins. */
export interface BinsCut {
  /** Who signs them. */
  readonly keys: RoleKeys;
  /** Bins whose newest complete version was drafted before this position are issued anew. */
  readonly since: number;
  /** How many seconds before its expiry a bin may be renewed. */
  readonly window: number;
}

export function newTargetsState(shard: Shard): TargetsState {
  return {
    shard,
    bins: new Map(),
    contents: new Map(),
    texts: new Map(),
    open: new Set(),
  };
}

/** Whether a bin belongs to this shard. */
export function owns(state: TargetsState, bin: number): boolean {
  return holdsBin(state.shard, bin);
}

/** The role name of a bin. */
export function nameOf(state: TargetsState, bin: number): string {
  return binName(bin, state.opened!.bins.count);
}

/** The content of a bin of the working set. */
export function contentOf(state: TargetsState, bin: number): BinContent {
  const content = state.contents.get(bin);
  // A service that folds without the working set would decide wrongly for ever after; this is its bug, not a record's.
  if (!content) throw new Error(`bin ${bin} was folded before its content was loaded`);
  return content;
}
