// The fold of projector-timestamp. A timestamp's draft exists only once the snapshot of its state and every role that the cut
// drafted are complete; with the timestamp the state is complete and may be published (DESIGN law 9).

import { roleKeysOf } from '#ledger';
import { type Crypto, formatExpires, type RoleKeys, timestampText, utf8 } from '#tuf';
import { type Completion, type Drafted, newRole, openDraft, type RoleState, settleDraft } from './draft.js';
import { cutSeconds } from './due.js';
import type { Outcome } from './outcome.js';
import type { Step } from './reader.js';
import type { AppliedCut } from './root.js';
import { takeSignatures } from './signed.js';
import type { SnapshotFile } from './snapshot.js';

/** What the fold must be told of a record: its cut, what targets drafted and completed in it, and the snapshot if it completed. */
export interface TimestampFacts {
  readonly cut?: AppliedCut;
  readonly drafted: readonly { readonly role: string }[];
  readonly completed: readonly { readonly role: string }[];
  readonly snapshot?: SnapshotFile;
}

/** A state that is complete: all of it verifies, and the repository may write it. */
export interface CompleteState {
  readonly state: number;
  readonly at: number;
  /** The position of its cut. */
  readonly cut: number;
  /** The position of the record that completed it. */
  readonly position: number;
  /** The root under which it was made, and up to which version roots are published before it (StateKeys). */
  readonly root: number;
  readonly rootsBefore: number;
}

/** The state of the fold, owned by its service and changed in place. */
export interface TimestampState {
  role: RoleState;
  /** The newest cut, while its state is neither complete nor dead. */
  cut?: AppliedCut;
  /** The roles of that state which are not complete yet. */
  readonly waiting: Set<string>;
  snapshot?: SnapshotFile;
  text?: string;
  /** Who must sign the open draft: every set of keys by its threshold, as the newest cut found them. */
  requirements: readonly RoleKeys[];
}

/** What one record did here. */
export interface TimestampEffects {
  readonly outcomes: Outcome[];
  readonly drafted: Drafted[];
  readonly completed: Completion[];
  state?: CompleteState;
}

export function newTimestampState(): TimestampState {
  return { role: newRole(), waiting: new Set(), requirements: [] };
}

/** Folds one record. Total: never throws for what a record holds. */
export function evolveTimestamp(
  state: TimestampState,
  step: Step,
  facts: TimestampFacts,
  crypto: Crypto,
): TimestampEffects {
  const effects: TimestampEffects = { outcomes: [], drafted: [], completed: [] };
  const trust = { requirements: state.requirements, message: () => utf8(state.text!), crypto };
  effects.outcomes.push(...takeSignatures(step, 'timestamp', state.role, trust));
  settleTimestamp(state, step.position, effects);
  if (step.offline.root?.replaced) endState(state);
  if (facts.cut) beginState(state, facts.cut, facts.drafted, crypto);
  for (const { role } of facts.completed) state.waiting.delete(role);
  if (facts.snapshot) state.snapshot = facts.snapshot;
  if (state.cut && state.snapshot && state.waiting.size === 0 && !state.role.draft) {
    effects.drafted.push(draftTimestamp(state, state.cut, state.snapshot, step.position, crypto));
  }
  return effects;
}

function settleTimestamp(state: TimestampState, position: number, effects: TimestampEffects): void {
  if (!state.cut) return;
  const completion = settleDraft('timestamp', state.role, state.requirements, position);
  if (!completion) return;
  const { state: number, at, position: cut, keys } = state.cut;
  const { root, rootsBefore } = keys;
  effects.completed.push(completion);
  effects.state = { state: number, at, cut, position, root, rootsBefore };
  delete state.text;
  delete state.cut;
  delete state.snapshot;
}

/** A cut ends the state before it, complete or not, and so does a root with other keys: an open timestamp dies with it. */
function endState(state: TimestampState): void {
  delete state.role.draft;
  delete state.text;
  delete state.snapshot;
  delete state.cut;
  state.waiting.clear();
}

function beginState(
  state: TimestampState,
  cut: AppliedCut,
  drafted: readonly { role: string }[],
  crypto: Crypto,
): void {
  endState(state);
  state.cut = cut;
  state.requirements = cut.keys.timestamp.map(set => roleKeysOf(set, crypto));
  for (const { role } of drafted) state.waiting.add(role);
}

function draftTimestamp(
  state: TimestampState,
  cut: AppliedCut,
  snapshot: SnapshotFile,
  position: number,
  crypto: Crypto,
): Drafted {
  const content = timestampContent(cut, snapshot, crypto);
  state.text = content.text;
  return openDraft('timestamp', state.role, { ...content, position });
}

/** What the timestamp of a cut's state says, with that snapshot: it depends on nothing else. */
export function timestampContent(
  { state, at, policy }: AppliedCut,
  snapshot: SnapshotFile,
  crypto: Crypto,
): Pick<Drafted, 'version' | 'expires' | 'sha256' | 'text'> {
  const expires = cutSeconds(at) + policy.timestamp.lifetime;
  const text = timestampText({ version: state, expires: formatExpires(expires), snapshot });
  return { version: state, expires, sha256: crypto.sha256Hex(text), text };
}
