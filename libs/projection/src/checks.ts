// The signatures over drafts that folding a step will check, listed beforehand: so that a service can have those of a whole
// batch verified off its main thread (`verifyAhead` of the lib signing) and fold without waiting for any. It is a forecast.
// What is missing in it, such as signatures over drafts that the batch itself opens, is checked by the fold as ever.

import type { SignedEntry } from '#ledger';
import { type RoleKeys, type SignatureCheck, utf8 } from '#tuf';
import { checkOf, type RoleState } from './draft.js';
import type { Step } from './reader.js';
import type { ReplayState } from './replay.js';
import type { RootState } from './root.js';
import { draftBytes, type SnapshotState } from './snapshot.js';
import { roleOf, trustOf } from './targets.js';
import type { TargetsState } from './targets-state.js';
import type { TimestampState } from './timestamp.js';

/** A role whose draft may be open, as a fold knows it. */
interface Signable {
  readonly role: RoleState;
  readonly keys: RoleKeys;
  readonly message: () => Uint8Array;
}

/** The checks that evolveTargets will make. */
export function targetsChecks(state: TargetsState, step: Step): SignatureCheck[] {
  return checksOf(step, name => {
    const text = state.texts.get(name);
    if (text === undefined) return undefined;
    return { role: roleOf(state, name)!, keys: trustOf(state, name), message: () => utf8(text) };
  });
}

/** The checks that evolveSnapshot will make. */
export function snapshotChecks(state: SnapshotState, step: Step): SignatureCheck[] {
  const { role, keys, text } = state;
  if (!keys || text === undefined) return [];
  return checksOf(step, name => {
    return name === 'snapshot' ? { role, keys: keys.snapshot, message: () => draftBytes(state) } : undefined;
  });
}

/** The checks that evolveTimestamp will make. */
export function timestampChecks({ role, keys, text }: TimestampState, step: Step): SignatureCheck[] {
  if (!keys || text === undefined) return [];
  const timestamp = { role, keys: keys.timestamp, message: () => utf8(text) };
  return checksOf(step, name => (name === 'timestamp' ? timestamp : undefined));
}

/** The checks that evolveRoot will make. */
export function rootChecks({ role, keys, text }: RootState, step: Step): SignatureCheck[] {
  if (!keys || text === undefined) return [];
  const root = { role, keys: keys.root, message: () => utf8(text) };
  return checksOf(step, name => (name === 'root' ? root : undefined));
}

/** The checks that evolveStep will make. */
export function stepChecks(
  { root, targets, snapshot, timestamp }: ReplayState,
  step: Step,
): SignatureCheck[] {
  return [
    ...rootChecks(root, step),
    ...targetsChecks(targets, step),
    ...snapshotChecks(snapshot, step),
    ...timestampChecks(timestamp, step),
  ];
}

function checksOf(step: Step, signable: (name: string) => Signable | undefined): SignatureCheck[] {
  return signedEntries(step).flatMap(entry => {
    const found = signable(entry.role);
    const { role, keys, message } = found ?? {};
    const check = role && keys && message && checkOf(role, entry, { requirements: [keys], message });
    return check ? [check] : [];
  });
}

function signedEntries(step: Step): SignedEntry[] {
  return step.events.flatMap(placed =>
    placed.owner === 'role' && placed.event.type === 'signed' ? placed.event.signatures : [],
  );
}
