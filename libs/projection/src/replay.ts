// All folds in their order over one log, in memory: what the services do together, as one pure function of the values. The
// signer, the auditor, `tuf-ledger replay` and the tests run this; the services run the same folds one by one.

import type { Crypto } from '#tuf';
import { draftBin } from './bin-draft.js';
import { Reader, type Step } from './reader.js';
import { evolveRoot, newRootState, noteCompleteState, type RootEffects, type RootState } from './root.js';
import { WHOLE } from './shard.js';
import { evolveSnapshot, newSnapshotState, type SnapshotEffects, type SnapshotState } from './snapshot.js';
import { evolveTargets, type TargetsEffects } from './targets.js';
import { newTargetsState, type TargetsState } from './targets-state.js';
import {
  evolveTimestamp,
  newTimestampState,
  type TimestampEffects,
  type TimestampState,
} from './timestamp.js';

/** What one record did in each fold. */
export interface Effects {
  readonly step: Step;
  readonly root: RootEffects;
  readonly targets: TargetsEffects;
  readonly snapshot: SnapshotEffects;
  readonly timestamp: TimestampEffects;
}

/** The states of all folds, and the reader before them. Owned by whoever replays and changed in place. */
export interface ReplayState {
  readonly reader: Reader;
  readonly root: RootState;
  readonly targets: TargetsState;
  readonly snapshot: SnapshotState;
  readonly timestamp: TimestampState;
}

/** The states before the first value of the ledger of that name (64 hex digits). */
export function beginReplay(ledger: string, crypto: Crypto): ReplayState {
  return {
    reader: Reader.begin(ledger, crypto),
    root: newRootState(),
    targets: newTargetsState(WHOLE),
    snapshot: newSnapshotState(),
    timestamp: newTimestampState(),
  };
}

/** Folds one step in all folds. The working set of `state.targets` must hold the bins of the step (targets.ts). */
export function evolveStep(state: ReplayState, step: Step, crypto: Crypto): Effects {
  const root = evolveRoot(state.root, step);
  const targets = evolveTargets(state.targets, step, root.cut, crypto);
  return { step, root, targets, ...finishStep(state, step, root, targets, crypto) };
}

function finishStep(
  state: ReplayState,
  step: Step,
  root: RootEffects,
  targets: TargetsEffects,
  crypto: Crypto,
): { snapshot: SnapshotEffects; timestamp: TimestampEffects } {
  for (const bin of targets.planned) targets.drafted.push(draftBin(state.targets, bin, root.cut!, crypto));
  const cut = root.cut ? { cut: root.cut } : {};
  const { drafted, completed } = targets;
  const online = root.cut ? drafted : [];
  const snapshot = evolveSnapshot(state.snapshot, step, { ...cut, drafted: online, completed }, crypto);
  const file = snapshot.file ? { snapshot: snapshot.file } : {};
  const timestamp = evolveTimestamp(
    state.timestamp,
    step,
    { ...cut, drafted: online, completed, ...file },
    crypto,
  );
  if (timestamp.state) noteCompleteState(state.root, timestamp.state);
  return { snapshot, timestamp };
}

/** How a replay goes about it. */
export interface ReplayOptions {
  /**
   * `unchecked` takes a signature over a draft by a key of its role for valid. Whoever only wants the derivation saves most of the
   * time by it: where no signature was rejected in truth, all comes out the same. It proves nothing of what role keys signed.
   * The signatures of records are checked either way: they say which values are records.
   */
  readonly draftSignatures?: 'checked' | 'unchecked';
}

/** Replays values in memory, with every bin in the working set. */
export class Replay {
  readonly state: ReplayState;
  /** What the folds verify drafts' signatures by. */
  private readonly crypto: Crypto;

  constructor(ledger: string, crypto: Crypto, { draftSignatures = 'checked' }: ReplayOptions = {}) {
    this.state = beginReplay(ledger, crypto);
    this.crypto = draftSignatures === 'checked' ? crypto : takingAllForValid(crypto);
  }

  /** Folds the next value of the log; undefined where it is noise. */
  next(value: Uint8Array): Effects | undefined {
    const read = this.state.reader.next(value);
    if ('noise' in read) return undefined;
    const { step } = read;
    if (step.position === 0) this.fillContents();
    return evolveStep(this.state, step, this.crypto);
  }

  private fillContents(): void {
    const count = this.state.reader.opened!.bins.count;
    for (let bin = 0; bin < count; bin++) this.state.targets.contents.set(bin, new Map());
  }
}

function takingAllForValid(crypto: Crypto): Crypto {
  return {
    sha256: bytes => crypto.sha256(bytes),
    sha256Hex: text => crypto.sha256Hex(text),
    verify: () => true,
  };
}
