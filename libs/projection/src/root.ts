// The fold of projector-root: root metadata, cuts, and every event that no other projector decides.

import {
  APPLIED,
  type Cut,
  type DraftProposed,
  type LedgerEvent,
  type LedgerOpened,
  type Policy,
  rejected,
  type Signed,
  type Verdict,
} from '#ledger';
import { type Crypto, LAST_EXPIRES_SECONDS, parseExpires, utf8 } from '#tuf';
import {
  type Completion,
  type Drafted,
  newRole,
  openDraft,
  type RoleState,
  settleDraft,
  submitSignature,
} from './draft.js';
import { cutSeconds } from './due.js';
import { draftFault, type LedgerKeys, openingKeys, openingRootText } from './opening.js';
import type { Outcome } from './outcome.js';
import { refusal, type Step } from './reader.js';

/** A cut that took effect: it opens `state`, as of the prefix of `position` + 1 records with that Merkle root. */
export interface AppliedCut {
  readonly position: number;
  readonly state: number;
  readonly at: number;
  readonly rootHash: string;
  readonly policy: Policy;
}

/** The state of the fold, owned by its service and changed in place. */
export interface RootState {
  role: RoleState;
  /** The canonical text of the open draft of root. */
  text?: string;
  lastCut?: { readonly state: number; readonly at: number; readonly position: number };
  opened?: LedgerOpened;
  keys?: LedgerKeys;
}

/** What the fold must be told: whether targets 1 and `bins` 1 were complete before this record. Only a cut looks at it. */
export interface RootFacts {
  readonly targetsOpen: boolean;
}

/** What one record did here. */
export interface RootEffects {
  readonly outcomes: Outcome[];
  readonly drafted: Drafted[];
  readonly completed: Completion[];
  cut?: AppliedCut;
}

export function newRootState(): RootState {
  return { role: newRole() };
}

/** Whether the fold needs to know of targets' completions before it can decide this step. */
export function rootNeedsTargets(state: RootState, step: Step): boolean {
  return state.lastCut === undefined && step.rootHash !== undefined;
}

/** Folds one record. Total: never throws for what a record holds. */
export function evolveRoot(state: RootState, step: Step, facts: RootFacts, crypto: Crypto): RootEffects {
  const effects: RootEffects = { outcomes: [], drafted: [], completed: [] };
  const decide = (event: number, verdict: Verdict, entry?: number, role?: string) =>
    effects.outcomes.push({
      position: step.position,
      event,
      ...(entry === undefined ? {} : { entry }),
      verdict,
      ...(role ? { role } : {}),
    });
  step.events.forEach((placed, index) => {
    if (placed.owner === 'role') {
      decideRole(state, step, placed.event, crypto, effects, (verdict, entry) =>
        decide(index, verdict, entry, 'root'),
      );
    } else if (placed.owner === 'root') {
      const verdict = placed.refused
        ? refusal(placed.refused)
        : (step.authority.get(index) ?? decideRootEvent(state, step, placed.event!, facts, effects, crypto));
      decide(index, verdict);
    }
  });
  if (state.keys) settleRoot(state, state.keys, step.position, effects);
  return effects;
}

function settleRoot(state: RootState, keys: LedgerKeys, position: number, effects: RootEffects): void {
  const completion = settleDraft('root', state.role, [keys.root], position);
  if (!completion) return;
  effects.completed.push(completion);
  delete state.text;
}

function decideRole(
  state: RootState,
  step: Step,
  event: Signed | DraftProposed,
  crypto: Crypto,
  effects: RootEffects,
  decide: (verdict: Verdict, entry?: number) => void,
): void {
  if (event.type === 'draft.proposed') {
    if (event.role === 'root') decide(draftRoot(state, event, step.position, crypto, effects));
    return;
  }
  event.signatures.forEach((entry, index) => {
    if (entry.role !== 'root' || !state.keys) return;
    const trust = { requirements: [state.keys.root], message: () => utf8(state.text!), crypto };
    decide(submitSignature(state.role, entry, trust), index);
  });
}

function draftRoot(
  state: RootState,
  event: DraftProposed,
  position: number,
  crypto: Crypto,
  effects: RootEffects,
): Verdict {
  const text = openingRootText(state.keys!, event.expires);
  const fault = draftFault(event, text, crypto);
  if (fault) return fault;
  state.text = text;
  const { sha256 } = event;
  const draft = { version: 1, expires: parseExpires(event.expires)!, position, sha256, text };
  effects.drafted.push(openDraft('root', state.role, draft));
  return APPLIED;
}

function decideRootEvent(
  state: RootState,
  step: Step,
  event: LedgerEvent,
  facts: RootFacts,
  effects: RootEffects,
  crypto: Crypto,
): Verdict {
  if (step.position === 0) {
    if (event.type === 'ledger.opened') {
      state.opened = event;
      state.keys = openingKeys(event, crypto);
    }
    return APPLIED;
  }
  if (event.type === 'cut') return decideCut(state, step, event, facts, effects);
  if (event.type === 'ledger.opened') return rejected('already-open', 'this ledger was opened at position 0');
  return rejected('not-in-rules', `rules 1 give ${event.type} no effect yet`);
}

function decideCut(state: RootState, step: Step, cut: Cut, facts: RootFacts, effects: RootEffects): Verdict {
  const { policy } = state.opened!;
  const last = state.lastCut;
  if (!last && !(facts.targetsOpen && state.role.complete)) {
    return rejected('not-open', 'root 1, targets 1 and bins 1 must be complete before the first cut');
  }
  const next = (last?.state ?? 0) + 1;
  if (cut.state !== next) return rejected('cut-stale', `the next state is ${next}, not ${cut.state}`);
  if (last && cut.at < last.at + policy.cutInterval) {
    return rejected(
      'cut-too-early',
      `at must be at least ${last.at + policy.cutInterval}: ${policy.cutInterval} ms after the last cut`,
    );
  }
  const longest = Math.max(policy.hashBins.lifetime, policy.snapshot.lifetime, policy.timestamp.lifetime);
  if (cutSeconds(cut.at) + longest > LAST_EXPIRES_SECONDS) {
    return rejected('cut-out-of-range', 'metadata of this cut would expire after the year 9999');
  }
  state.lastCut = { state: cut.state, at: cut.at, position: step.position };
  effects.cut = { ...state.lastCut, rootHash: step.rootHash!, policy };
  return APPLIED;
}
