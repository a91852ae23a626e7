// The fold of projector-snapshot: the versions of all roles as of each cut (PEP 458: versions only).

import { type LedgerOpened, roleKeysOf } from '#ledger';
import {
  BINS_ROLE,
  binName,
  type Crypto,
  compareCodePoints,
  formatExpires,
  metadataFileOfBytes,
  type RoleKeys,
  type RoleSignature,
  snapshotText,
  toHex,
  utf8,
} from '#tuf';
import { type Completion, type Drafted, newRole, openDraft, type RoleState, settleDraft } from './draft.js';
import { cutSeconds } from './due.js';
import type { Outcome } from './outcome.js';
import { openedIn, type Step } from './reader.js';
import type { AppliedCut } from './root.js';
import { takeSignatures } from './signed.js';
import { listVersion, metaRuns, newSnapshotMeta, type SnapshotMeta } from './snapshot-meta.js';

/** The length (bytes) and SHA-256 (hex) of a complete snapshot's file, which the timestamp lists. */
export interface SnapshotFile {
  readonly version: number;
  readonly length: number;
  readonly sha256: string;
}

/** What the fold must be told of a record: its cut, and what all shards of targets drafted and completed in it. */
export interface SnapshotFacts {
  readonly cut?: AppliedCut;
  readonly drafted: readonly { readonly role: string; readonly version: number }[];
  readonly completed: readonly { readonly role: string; readonly version: number }[];
}

/** The state of the fold, owned by its service and changed in place. */
export interface SnapshotState {
  role: RoleState;
  /** The newest complete version of every role that a snapshot lists. */
  readonly complete: Map<string, number>;
  /** The roles that `meta` may not list in their complete version: completed since the newest cut, or drafted by it. */
  readonly stale: Set<string>;
  /** The roles in the order of their file names. */
  order: string[];
  /** What the last draft listed, in that order; made by the first. */
  meta?: SnapshotMeta;
  /** The canonical text of the open draft, and its UTF-8 once that was needed. */
  text?: string;
  bytes?: Uint8Array;
  opened?: LedgerOpened;
  /** Who must sign the open draft: every set of keys by its threshold, as the newest cut found them. */
  requirements: readonly RoleKeys[];
}

/** What one record did here. */
export interface SnapshotEffects {
  readonly outcomes: Outcome[];
  readonly drafted: Drafted[];
  readonly completed: Completion[];
  file?: SnapshotFile;
}

export function newSnapshotState(): SnapshotState {
  return { role: newRole(), complete: new Map(), stale: new Set(), order: [], requirements: [] };
}

/** Folds one record. Total: never throws for what a record holds. */
export function evolveSnapshot(
  state: SnapshotState,
  step: Step,
  facts: SnapshotFacts,
  crypto: Crypto,
): SnapshotEffects {
  const effects: SnapshotEffects = { outcomes: [], drafted: [], completed: [] };
  openSnapshot(state, step);
  const trust = { requirements: state.requirements, message: () => draftBytes(state), crypto };
  effects.outcomes.push(...takeSignatures(step, 'snapshot', state.role, trust));
  const offline = step.offline.completed.filter(({ role }) => role !== 'root');
  for (const { role, version } of [...offline, ...facts.completed]) {
    state.complete.set(role, version);
    state.stale.add(role);
  }
  settleSnapshot(state, step.position, effects, crypto);
  if (step.offline.root?.replaced) dropDraft(state);
  if (facts.cut) effects.drafted.push(draftSnapshot(state, facts.cut, facts.drafted, crypto));
  return effects;
}

/** The UTF-8 of the open draft. */
export function draftBytes(state: SnapshotState): Uint8Array {
  state.bytes ??= utf8(state.text!);
  return state.bytes;
}

/** A root with other keys ends the open state (DESIGN law 9). */
function dropDraft(state: SnapshotState): void {
  delete state.role.draft;
  delete state.text;
  delete state.bytes;
}

function openSnapshot(state: SnapshotState, step: Step): void {
  const opened = openedIn(step);
  if (!opened) return;
  state.opened = opened;
  state.order = snapshotOrder(opened.bins.count);
}

/** The roles that a snapshot lists, in the order of their file names. */
export function snapshotOrder(binCount: number): string[] {
  const bins = Array.from({ length: binCount }, (_, index) => binName(index, binCount));
  return ['targets', BINS_ROLE, ...bins].sort((a, b) => compareCodePoints(`${a}.json`, `${b}.json`));
}

function settleSnapshot(
  state: SnapshotState,
  position: number,
  effects: SnapshotEffects,
  crypto: Crypto,
): void {
  const completion = settleDraft('snapshot', state.role, state.requirements, position);
  if (!completion) return;
  const file = snapshotFile(completion.version, draftBytes(state), completion.signatures, crypto);
  effects.completed.push(completion);
  effects.file = file;
  delete state.text;
  delete state.bytes;
}

/** The file of a snapshot with these signatures, from the UTF-8 of its `signed` part. */
export function snapshotFile(
  version: number,
  signed: Uint8Array,
  signatures: readonly RoleSignature[],
  crypto: Crypto,
): SnapshotFile {
  // Names of roles, the origin and hashes: nothing in it is a control character.
  const bytes = metadataFileOfBytes(signed, signatures);
  return { version, length: bytes.length, sha256: toHex(crypto.sha256(bytes)) };
}

// What the cut before drafted may be dead by now; its roles go back to what is complete, unless this cut drafts them again.
function draftSnapshot(
  state: SnapshotState,
  cut: AppliedCut,
  drafted: readonly { role: string; version: number }[],
  crypto: Crypto,
): Drafted {
  state.meta ??= newSnapshotMeta(state.order);
  for (const role of state.stale) {
    const version = state.complete.get(role);
    if (version !== undefined) listVersion(state.meta, role, version);
  }
  state.stale.clear();
  for (const { role, version } of drafted) {
    listVersion(state.meta, role, version);
    state.stale.add(role);
  }
  const expires = cutSeconds(cut.at) + cut.policy.snapshot.lifetime;
  const text = snapshotText({
    version: cut.state,
    expires: formatExpires(expires),
    meta: metaRuns(state.meta),
    ledger: { origin: state.opened!.origin, size: cut.position + 1, rootHash: cut.rootHash },
  });
  state.text = text;
  state.bytes = utf8(text);
  state.requirements = cut.keys.snapshot.map(set => roleKeysOf(set, crypto));
  const sha256 = toHex(crypto.sha256(state.bytes));
  return openDraft('snapshot', state.role, {
    version: cut.state,
    expires,
    position: cut.position,
    sha256,
    text,
  });
}
