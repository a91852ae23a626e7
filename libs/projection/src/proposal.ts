// What the next version of an offline role is, given key events: for whoever proposes it, and for the fold that decides whether what
// was proposed is that.

import {
  type DraftProposed,
  type KeyedRole,
  type KeyRevoked,
  type KeyRotated,
  type LedgerOpened,
  type OfflineRole,
  rejected,
  roleKeysOf,
  type Verdict,
  withoutKey,
} from '#ledger';
import type { Crypto, RoleKeys } from '#tuf';
import { offlineText } from './offline-text.js';
import {
  type CarriedKeys,
  distinctKeys,
  keysInForce,
  type NextVersion,
  type OfflineState,
  offlineRequirements,
  type Trust,
} from './trust.js';

/** An event on keys that a draft carries. */
export type KeyEvent = KeyRotated | KeyRevoked;

/** The version that the next draft of a role has. Root's have no gaps: clients ask for one after the other (TUF 5.3.3). */
export function nextOfflineVersion({ life }: OfflineState, role: OfflineRole): number {
  return (role === 'root' ? (life.complete?.version ?? 0) : life.highest) + 1;
}

/** What a version carries after these events, in their order, or why it can't. */
export function carriedAfter(
  carries: CarriedKeys,
  events: readonly KeyEvent[],
  crypto: Crypto,
): NextVersion | Verdict {
  const after = new Map(carries);
  for (const event of events) {
    const role = event.role as KeyedRole;
    const keys = keysAfter(after.get(role)!, event, crypto);
    if ('result' in keys) return keys;
    after.set(role, keys);
  }
  return { carries: after, revokes: events.some(({ type }) => type === 'key.revoked') };
}

function keysAfter(before: RoleKeys, event: KeyEvent, crypto: Crypto): RoleKeys | Verdict {
  return event.type === 'key.rotated' ? roleKeysOf(event, crypto) : withoutKey(before, event.keyid);
}

/** Every threshold that a proposed version must meet: for root its own, too (TUF 5.3.4). */
export function requirementsAfter(trust: Trust, role: OfflineRole, { carries }: NextVersion): RoleKeys[] {
  if (role !== 'root') return offlineRequirements(trust, role);
  return distinctKeys([keysInForce(trust, role), carries.get(role)]);
}

/** A draft to propose: the event, the canonical text that its keyholders sign, and what it carries. */
export interface Proposal {
  readonly event: DraftProposed;
  readonly text: string;
  readonly next: NextVersion;
}

/** The next version of a role with these changes to its keys, which expires at `expires` (the text of the field), or why there is none. */
export function proposalOf(
  trust: Trust,
  opened: LedgerOpened,
  { role, events, expires }: { role: OfflineRole; events: readonly KeyEvent[]; expires: string },
  crypto: Crypto,
): Proposal | Verdict {
  const state = trust.get(role)!;
  if (!state.carries)
    return rejected('not-open', `${role} 1 must be complete before its next version is proposed`);
  const next = carriedAfter(state.carries, events, crypto);
  if ('result' in next) return next;
  const version = nextOfflineVersion(state, role);
  const text = offlineText({ role, version, expires }, next.carries, opened);
  const event: DraftProposed = {
    type: 'draft.proposed',
    role,
    version,
    expires,
    sha256: crypto.sha256Hex(text),
  };
  return { event, text, next };
}
