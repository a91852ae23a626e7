// What becomes of a draft that is proposed, with the key events of its record: they apply together or not at all (DESIGN 4).

import {
  APPLIED,
  type Author,
  type DraftProposed,
  type LedgerOpened,
  type OfflineRole,
  rejected,
  UNCHANGED,
  type Verdict,
} from '#ledger';
import { type Crypto, fromHex, type Key, parseExpires, utf8 } from '#tuf';
import { type Completion, type Drafted, openDraft } from './draft.js';
import { offlineText } from './offline-text.js';
import type { Outcome } from './outcome.js';
import type { Placed } from './placement.js';
import { carriedAfter, nextOfflineVersion } from './proposal.js';
import { keysInForce, type NextVersion, type OfflineState, openingKeys, type Trust } from './trust.js';

/** A record as far as this fold looks at it. */
export interface OfflineRecord {
  readonly position: number;
  readonly author: Author;
  readonly events: readonly Placed[];
}

/** The fold while it takes one record. */
export interface Folding {
  readonly trust: Trust;
  readonly record: OfflineRecord;
  readonly opened: LedgerOpened;
  readonly crypto: Crypto;
  readonly outcomes: (Outcome & { role: string })[];
  readonly drafted: Drafted[];
  readonly completed: Completion[];
}

/** The verdict on the draft that is the event `index` of the record; where it applies it is open. */
export function decideDraft(
  folding: Folding,
  event: DraftProposed,
  role: OfflineRole,
  index: number,
): Verdict {
  const { trust, record, opened, crypto } = folding;
  if (record.position > 0 && record.events.some(placed => placed.owner === 'root'))
    return rejected(
      'mixed-record',
      'another event of this record is malformed, and it is decided as a whole',
    );
  const state = trust.get(role)!;
  if (isComplete(state, event)) return UNCHANGED;
  const byAdministrators = 'administrators' in record.author;
  const signatures = signaturesBehind(folding, event, index);
  if (!byAdministrators && signatures.size === 0) return rejected('not-permitted', NOT_PERMITTED);
  const isOpen = state.life.draft?.version === event.version;
  const next = record.position === 0 ? opening(folding, role) : contentAfter(folding, state, event, role);
  if ('result' in next) return next;
  const text = offlineText({ ...event, role }, next.carries, opened);
  const sha256 = crypto.sha256Hex(text);
  if (sha256 !== event.sha256)
    return rejected('draft-hash', `${role} ${event.version} has the SHA-256 ${sha256}, not ${event.sha256}`);
  // The very same draft again: its signatures stay.
  if (isOpen && state.life.draft?.sha256 === sha256) return UNCHANGED;
  if (record.position > 0 && event.version !== nextOfflineVersion(state, role))
    return wrongVersion(state, event, role);
  if (!byAdministrators && (state.next?.byAdministrators || !isSignedByOne(signatures, text, crypto)))
    return rejected('not-permitted', NOT_PERMITTED);
  const { version } = event;
  const draft = { version, expires: parseExpires(event.expires)!, position: record.position, sha256, text };
  folding.drafted.push(openDraft(role, state.life, draft));
  state.next = { ...next, byAdministrators };
  return APPLIED;
}

/** Whether this very version is complete already. */
function isComplete({ life: { complete } }: OfflineState, { version, sha256 }: DraftProposed): boolean {
  return complete?.version === version && complete.sha256 === sha256;
}

const NOT_PERMITTED =
  "a draft needs a record signed by the administrators' threshold; or, unless it replaces one of theirs, one in which a valid signature over it by a key of the role follows";

function opening({ opened, crypto }: Folding, role: OfflineRole): NextVersion {
  return { carries: openingKeys(opened, role, crypto), revokes: false };
}

/** What the draft carries: what the newest complete version does, after the key events of the record. */
function contentAfter(
  { record, crypto }: Folding,
  state: OfflineState,
  event: DraftProposed,
  role: OfflineRole,
): NextVersion | Verdict {
  const { carries } = state;
  if (!carries) return rejected('not-open', `${role} 1 must be complete before its next version is proposed`);
  const known = [nextOfflineVersion(state, role), state.life.draft?.version];
  if (!known.includes(event.version)) return wrongVersion(state, event, role);
  const events = record.events.flatMap(placed => (placed.owner === 'keys' ? placed.event : []));
  return carriedAfter(carries, events, crypto);
}

function wrongVersion(state: OfflineState, { version }: DraftProposed, role: OfflineRole): Verdict {
  const next = nextOfflineVersion(state, role);
  return rejected('draft-version', `the next version of ${role} is ${next}, not ${version}`);
}

/**
 * The signatures over the draft that follow it in its record, the first by each key in force for the role. To look for them costs
 * nothing; to render a draft and verify them does, for every reader, and whoever may write records could ask for it without end.
 */
function signaturesBehind(
  { trust, record }: Folding,
  { role, version, sha256 }: DraftProposed,
  index: number,
): Map<Key, string> {
  const keys = keysInForce(trust, role as OfflineRole)?.keys;
  const found = new Map<Key, string>();
  for (const placed of record.events.slice(index + 1)) {
    if (placed.owner !== 'role' || placed.event.type !== 'signed') continue;
    for (const entry of placed.event.signatures) {
      const isOfDraft = entry.role === role && entry.version === version && entry.sha256 === sha256;
      const key = isOfDraft ? keys?.get(entry.keyid) : undefined;
      if (key && !found.has(key)) found.set(key, entry.sig);
    }
  }
  return found;
}

function isSignedByOne(signatures: ReadonlyMap<Key, string>, text: string, crypto: Crypto): boolean {
  const message = utf8(text);
  return [...signatures].some(([key, sig]) => crypto.verify(key, message, fromHex(sig)));
}
