// The fold of projector-root: cuts, policy, the clock, and every event that no other projector decides. The life of root itself is
// part of the reading (offline.ts); here it is recorded.

import {
  APPLIED,
  type ClockSet,
  type Cut,
  type KeySet,
  type LedgerEvent,
  type Policy,
  type PolicyChanged,
  rejected,
  UNCHANGED,
  type Verdict,
} from '#ledger';
import { canonicalize, type Json, LAST_EXPIRES_SECONDS } from '#tuf';
import type { Completion, Drafted } from './draft.js';
import { cutSeconds } from './due.js';
import type { Outcome } from './outcome.js';
import {
  awaitedState,
  type Overlap,
  overlapsAfterClock,
  overlapsAfterState,
  overlapsAt,
  requiredKeys,
} from './overlap.js';
import { openedIn, refusal, type Step } from './reader.js';
import type { OnlineKeySets } from './trust.js';

/** The keys that sign a state, as its cut found them. */
export interface StateKeys {
  /** The version of root under which the state is made. */
  readonly root: number;
  /**
   * Roots up to this version are published before the state: one of them took keys away at once, its overlap is over, or targets are
   * not signed by the keys before it. Those above are published after it: clients that know only the one before can verify the state too.
   */
  readonly rootsBefore: number;
  readonly hashBins: KeySet;
  /** Bins whose newest complete version was drafted before this position are issued anew. */
  readonly hashBinsSince: number;
  /** Every set must be met: that of the newest root, and those of older ones while they overlap. */
  readonly snapshot: readonly KeySet[];
  readonly timestamp: readonly KeySet[];
}

/** A cut that took effect: it opens `state`, as of the prefix of `position` + 1 records with that Merkle root. */
export interface AppliedCut {
  readonly position: number;
  readonly state: number;
  readonly at: number;
  readonly rootHash: string;
  readonly policy: Policy;
  readonly keys: StateKeys;
}

/** The state of the fold, owned by its service and changed in place. Plain data. */
export interface RootState {
  /** `at` is the cut's, or what a later `clock.set` put in its place. */
  lastCut?: { readonly state: number; readonly at: number; readonly position: number };
  policy?: Policy;
  /** The position of the newest record that asks for a cut: a new policy, another clock, a complete offline role; -1: none. */
  changed: number;
  /** The position of the newest root that ended the open state; -1: none. */
  killed: number;
  /** The position of the newest `clock.set`, after which all bins are due; -1: none. */
  clockSet: number;
  rootsBefore: number;
  overlaps: readonly Overlap[];
  /** The keys of targets that each of these roots replaced, as long as they have signed the newest targets too. */
  targetsBefore: readonly TargetsBefore[];
}

interface TargetsBefore {
  /** Of the root that has other keys. */
  readonly version: number;
  readonly keyids: readonly string[];
  readonly threshold: number;
}

/** What one record did here. */
export interface RootEffects {
  readonly outcomes: Outcome[];
  readonly drafted: readonly Drafted[];
  readonly completed: readonly Completion[];
  cut?: AppliedCut;
}

export function newRootState(): RootState {
  // Root 1 is what clients are shipped with: it is there before the first state.
  return { changed: -1, killed: -1, clockSet: -1, rootsBefore: 1, overlaps: [], targetsBefore: [] };
}

/** Whether a cut may depend on which states became complete before it. */
export function hasOpenOverlap({ overlaps }: RootState): boolean {
  return overlaps.some(({ from }) => from === undefined);
}

/** The first state of whose completion the fold must be told before the next cut; undefined where of none. */
export function rootAwaits({ overlaps }: RootState): number | undefined {
  return awaitedState(overlaps);
}

/** Tells of the first state from `rootAwaits` on that became complete before the next cut. */
export function noteCompleteState(
  state: RootState,
  complete: { readonly state: number; readonly at: number },
): void {
  if (rootAwaits(state) !== undefined) state.overlaps = overlapsAfterState(state.overlaps, complete);
}

/** Folds one record. Total: never throws for what a record holds. */
export function evolveRoot(state: RootState, step: Step): RootEffects {
  const opened = openedIn(step);
  if (opened) state.policy = opened.policy;
  const { outcomes, drafted, completed } = step.offline;
  const effects: RootEffects = {
    outcomes: outcomes.filter(isRoots),
    drafted: drafted.filter(isRoots),
    completed: completed.filter(isRoots),
  };
  step.events.forEach((placed, event) => {
    if (placed.owner !== 'root') return;
    const verdict = placed.refused
      ? refusal(placed.refused)
      : (step.authority.get(event) ?? decideRootEvent(state, step, placed.event!, effects));
    effects.outcomes.push({ position: step.position, event, verdict });
  });
  noteOffline(state, step);
  return effects;
}

function isRoots({ role }: { readonly role?: string }): boolean {
  return role === 'root';
}

function noteOffline(state: RootState, { position, offline }: Step): void {
  if (offline.completed.length > 0) state.changed = position;
  const { root } = offline;
  if (!root) return;
  if (root.replaced) state.killed = position;
  if (root.replacedTargets)
    state.targetsBefore = [...state.targetsBefore, { version: root.version, ...root.replacedTargets }];
  if (root.revokes) {
    state.rootsBefore = root.version;
    state.overlaps = [];
  } else if (root.replaced) {
    state.overlaps = [...state.overlaps, { version: root.version, ...root.replaced }];
  }
}

function decideRootEvent(state: RootState, step: Step, event: LedgerEvent, effects: RootEffects): Verdict {
  if (step.position === 0) return APPLIED;
  switch (event.type) {
    case 'cut':
      return decideCut(state, step, event, effects);
    case 'policy.changed':
      return changePolicy(state, step.position, event);
    case 'clock.set':
      return setClock(state, step.position, event);
    case 'ledger.opened':
      return rejected('already-open', 'this ledger was opened at position 0');
    default:
      return rejected('not-in-rules', `rules 1 give ${event.type} no effect yet`);
  }
}

function decideCut(
  state: RootState,
  { position, cut: found }: Step,
  cut: Cut,
  effects: RootEffects,
): Verdict {
  const policy = state.policy!;
  const last = state.lastCut;
  const keys = found?.keys;
  if (!keys)
    return rejected('not-open', 'root 1, targets 1 and bins 1 must be complete before the first cut');
  const next = (last?.state ?? 0) + 1;
  if (cut.state !== next) return rejected('cut-stale', `the next state is ${next}, not ${cut.state}`);
  if (last && cut.at < last.at + policy.cutInterval) {
    return rejected(
      'cut-too-early',
      `at must be at least ${last.at + policy.cutInterval}: ${policy.cutInterval} ms after the last cut`,
    );
  }
  if (outlivesCalendar(cut.at, policy))
    return rejected('cut-out-of-range', 'metadata of this cut would expire after the year 9999');
  state.lastCut = { state: cut.state, at: cut.at, position };
  heedOverlaps(state, cut, policy);
  heedTargets(state, keys.targetsSigners);
  effects.cut = { ...state.lastCut, rootHash: found.rootHash, policy, keys: stateKeys(state, keys) };
  return APPLIED;
}

/** Once the overlap with a root is over, clients of the root before can't verify states any more: that root must be there before them. */
function heedOverlaps(state: RootState, cut: Cut, { overlap }: Policy): void {
  const kept = overlapsAt(state.overlaps, cut, overlap);
  const lasting = new Set(kept.map(({ version }) => version));
  for (const { version } of state.overlaps)
    if (!lasting.has(version)) state.rootsBefore = Math.max(state.rootsBefore, version);
  state.overlaps = kept;
}

/** A root whose predecessor can't verify the newest targets any more must be there before them. */
function heedTargets(state: RootState, signers: readonly string[]): void {
  const isSigned = ({ keyids, threshold }: TargetsBefore) =>
    keyids.filter(keyid => signers.includes(keyid)).length >= threshold;
  for (const before of state.targetsBefore)
    if (!isSigned(before)) state.rootsBefore = Math.max(state.rootsBefore, before.version);
  state.targetsBefore = state.targetsBefore.filter(isSigned);
}

function stateKeys({ overlaps, rootsBefore, clockSet }: RootState, keys: OnlineKeySets): StateKeys {
  return {
    root: keys.root,
    rootsBefore,
    hashBins: keys.hashBins,
    hashBinsSince: Math.max(keys.hashBinsSince, clockSet),
    snapshot: requiredKeys('snapshot', keys, overlaps),
    timestamp: requiredKeys('timestamp', keys, overlaps),
  };
}

function outlivesCalendar(at: number, { hashBins, snapshot, timestamp }: Policy): boolean {
  const longest = Math.max(hashBins.lifetime, snapshot.lifetime, timestamp.lifetime);
  return cutSeconds(at) + longest > LAST_EXPIRES_SECONDS;
}

/** Holds from the next cut on. */
function changePolicy(state: RootState, position: number, { policy }: PolicyChanged): Verdict {
  const text = (of: Policy) => canonicalize(of as unknown as Json);
  if (text(policy) === text(state.policy!)) return UNCHANGED;
  state.policy = policy;
  state.changed = position;
  return APPLIED;
}

/** After a cut with a wrong clock: the next cut follows this time, and all that bears the wrong one is issued anew. */
function setClock(state: RootState, position: number, { at }: ClockSet): Verdict {
  if (!state.lastCut) return rejected('not-open', 'no cut has been made yet whose time could be replaced');
  if (outlivesCalendar(at, state.policy!))
    return rejected('clock-out-of-range', 'metadata of this time would expire after the year 9999');
  if (at === state.lastCut.at) return UNCHANGED;
  state.lastCut = { ...state.lastCut, at };
  state.overlaps = overlapsAfterClock(state.overlaps, at);
  state.clockSet = position;
  state.changed = position;
  return APPLIED;
}
