// The opening record, position 0. Its payload's SHA-256 is the ledger's name, by which services and auditors are configured, so
// nobody can open another ledger in its place. It has `ledger: ""`, stream `admin`, seq 1, v 1, and holds, in this order:
// `ledger.opened`; one or more `publisher.enrolled`; `draft.proposed` of root 1, targets 1 and `bins` 1. It is signed by the
// administrators' threshold and by root 1's, every signature valid and by a key of one of the two.

import { type Crypto, meetsThreshold, toHex } from '#tuf';
import { type Author, type Authority, decideAuthority, roleKeysOf } from './authority.js';
import { decodeEvent } from './decode.js';
import { type Envelope, preAuthEncoding } from './envelope.js';
import { type LedgerEvent, type LedgerOpened, OFFLINE_ROLES } from './event.js';
import { ADMIN_STREAM, type Payload } from './payload.js';

/** The administrators as the author of a record. */
export const ADMINISTRATORS: Author = { administrators: true };

/** What the opening fixes for good: the ledger's name, its first record, and the authority after it. */
export interface Opening {
  readonly ledger: string;
  readonly opened: LedgerOpened;
  readonly events: readonly LedgerEvent[];
  readonly authority: Authority;
}

/** The name of a ledger: the SHA-256 of its opening record's payload, in hex. */
export function ledgerName(payload: Uint8Array, crypto: Crypto): string {
  return toHex(crypto.sha256(payload));
}

/** The opening that a value is, or undefined where it is not the well-formed and well-signed opening of `ledger`. */
export function openingOf(
  ledger: string,
  envelope: Envelope,
  payload: Payload,
  crypto: Crypto,
): Opening | undefined {
  if (payload.ledger !== '' || payload.stream !== ADMIN_STREAM || payload.seq !== 1 || payload.v !== 1)
    return undefined;
  if (ledgerName(envelope.payload, crypto) !== ledger) return undefined;
  const events = openingEvents(payload);
  if (!events || !isSignedOpening(envelope, events[0], crypto)) return undefined;
  const authority: Authority = {
    administrators: roleKeysOf(events[0].administrators, crypto),
    publishers: new Map(),
    sequences: new Map([['', new Map([[ADMIN_STREAM, 1]])]]),
    secrets: new Map(),
    rules: 1,
  };
  for (const event of events) {
    if (event.type !== 'publisher.enrolled') continue;
    if (decideAuthority(authority, event, ADMINISTRATORS, crypto).result === 'rejected') return undefined;
  }
  return { ledger, opened: events[0], events, authority };
}

/** The events of an opening, or undefined where one is malformed or out of its place. */
function openingEvents(payload: Payload): [LedgerOpened, ...LedgerEvent[]] | undefined {
  const events: LedgerEvent[] = [];
  for (const raw of payload.events) {
    const event = decodeEvent(raw);
    if ('rejection' in event) return undefined;
    events.push(event);
  }
  const [opened, ...rest] = events;
  const publishers = rest.slice(0, -OFFLINE_ROLES.length);
  const drafts = rest.slice(-OFFLINE_ROLES.length);
  if (opened?.type !== 'ledger.opened' || publishers.length < 1) return undefined;
  if (!publishers.every(event => event.type === 'publisher.enrolled')) return undefined;
  const ordered = OFFLINE_ROLES.every((role, i) => {
    const draft = drafts[i];
    return draft?.type === 'draft.proposed' && draft.role === role && draft.version === 1;
  });
  return ordered ? [opened, ...rest] : undefined;
}

function isSignedOpening(envelope: Envelope, opened: LedgerOpened, crypto: Crypto): boolean {
  const administrators = roleKeysOf(opened.administrators, crypto);
  const root = roleKeysOf(opened.roles.root, crypto);
  const message = preAuthEncoding(envelope.payload);
  const signers: string[] = [];
  for (const { keyid, sig } of envelope.signatures) {
    const key = administrators.keys.get(keyid) ?? root.keys.get(keyid);
    if (!key || !crypto.verify(key, message, sig)) return false;
    signers.push(keyid);
  }
  return meetsThreshold(administrators, signers) && meetsThreshold(root, signers);
}
