// The signatures over drafts that folding a step will check, listed beforehand: so that a service can have those of a whole
// batch verified off its main thread (`verifyAhead` of the lib signing) and fold without waiting for any. It is a forecast.
// What is missing in it, such as signatures over drafts that the batch itself opens, is checked by the fold as ever; those over
// offline roles, which are few, by the reading.

import type { SignedEntry } from '#ledger';
import { type RoleKeys, type SignatureCheck, utf8 } from '#tuf';
import { checkOf, type RoleState } from './draft.js';
import type { Step } from './reader.js';
import type { ReplayState } from './replay.js';
import { draftBytes, type SnapshotState } from './snapshot.js';
import { binRequirements, roleOf } from './targets.js';
import type { TargetsState } from './targets-state.js';
import type { TimestampState } from './timestamp.js';

/** A role whose draft may be open, as a fold knows it. */
interface Signable {
  readonly role: RoleState;
  readonly requirements: readonly RoleKeys[];
  readonly message: () => Uint8Array;
}

/** The checks that evolveTargets will make. */
export function targetsChecks(state: TargetsState, step: Step): SignatureCheck[] {
  return checksOf(step, name => {
    const text = state.texts.get(name);
    if (text === undefined) return undefined;
    return { role: roleOf(state, name)!, requirements: binRequirements(state), message: () => utf8(text) };
  });
}

/** The checks that evolveSnapshot will make. */
export function snapshotChecks(state: SnapshotState, step: Step): SignatureCheck[] {
  const { role, requirements, text } = state;
  if (text === undefined) return [];
  const snapshot = { role, requirements, message: () => draftBytes(state) };
  return checksOf(step, name => (name === 'snapshot' ? snapshot : undefined));
}

/** The checks that evolveTimestamp will make. */
export function timestampChecks({ role, requirements, text }: TimestampState, step: Step): SignatureCheck[] {
  if (text === undefined) return [];
  const timestamp = { role, requirements, message: () => utf8(text) };
  return checksOf(step, name => (name === 'timestamp' ? timestamp : undefined));
}

/** The checks that evolveStep will make. */
export function stepChecks({ targets, snapshot, timestamp }: ReplayState, step: Step): SignatureCheck[] {
  return [
    ...targetsChecks(targets, step),
    ...snapshotChecks(snapshot, step),
    ...timestampChecks(timestamp, step),
  ];
}

function checksOf(step: Step, signable: (name: string) => Signable | undefined): SignatureCheck[] {
  return signedEntries(step).flatMap(entry => {
    const found = signable(entry.role);
    const check = found && checkOf(found.role, entry, found);
    return check ? [check] : [];
  });
}

function signedEntries(step: Step): SignedEntry[] {
  return step.events.flatMap(placed =>
    placed.owner === 'role' && placed.event.type === 'signed' ? placed.event.signatures : [],
  );
}
