// Admission (DESIGN law 2): which values of the topic are records. A pure function of the values before, identical in every
// reader, because it alone gives records their positions. A value is a record if its envelope, its payload frame, its ledger,
// its signatures and its sequence number are right; all else is noise and leaves no trace but a count. What stands inside the
// events never matters here.
//
// The order of the checks below is from cheap to dear. Their order does not matter to the result: all must hold.

import { type Crypto, type Key, type SignatureCheck, toHex } from '#tuf';
import {
  type Author,
  type Authority,
  areAdministrators,
  authorityJson,
  authorityOf,
  MAX_STREAMS_PER_KEY,
} from './authority.js';
import { decodeEnvelope, type Envelope, preAuthEncoding } from './envelope.js';
import type { LedgerOpened } from './event.js';
import {
  appendLeaf,
  EMPTY_FRONTIER,
  type Frontier,
  frontierJson,
  frontierOf,
  leafHash,
  treeRoot,
} from './merkle.js';
import { ADMINISTRATORS, openingOf } from './opening.js';
import { ADMIN_STREAM, decodePayload, type Payload } from './payload.js';

/** Why a value is noise; for a metric and an operator's eye only. */
export type NoiseReason =
  | 'envelope'
  | 'payload'
  | 'ledger'
  | 'before-opening'
  | 'publisher-unknown'
  | 'signatures'
  | 'streams'
  | 'sequence'
  | 'signature';

/** A reader's admission state: what it must know of the prefix to judge the next value. Owned by the reader, changed in place. */
export interface Admission {
  readonly ledger: string;
  frontier: Frontier;
  /** Absent until the opening was read. */
  open?: { readonly opened: LedgerOpened; readonly authority: Authority };
}

/** A record: an admitted value with its position, its rank among records from 0. */
export interface LedgerRecord {
  readonly position: number;
  readonly value: Uint8Array;
  readonly author: Author;
  readonly payload: Payload;
}

/** The admission state before the first value of the ledger of that name (64 hex digits). */
export function beginAdmission(ledger: string): Admission {
  return { ledger, frontier: EMPTY_FRONTIER };
}

/** A value of the log as it reads by itself: all of admission that no other value matters to. */
export interface DecodedValue {
  readonly value: Uint8Array;
  /** Absent where the value is no envelope. */
  readonly envelope?: Envelope;
  /** Absent where the envelope's payload is none. */
  readonly payload?: Payload;
}

/** Decodes a value, which `admit` does itself where it gets the bytes. Never throws. */
export function decodeValue(value: Uint8Array): DecodedValue {
  const envelope = decodeEnvelope(value);
  if (!envelope) return { value };
  const payload = decodePayload(envelope.payload);
  return payload ? { value, envelope, payload } : { value, envelope };
}

/**
 * The signatures that `admit` will check of a value, as far as they are by keys known now: the keys of an opening, and of who
 * is enrolled between now and then, are not among them.
 */
export function recordChecks({ open }: Admission, { envelope, payload }: DecodedValue): SignatureCheck[] {
  if (!open || !envelope || !payload) return [];
  const message = preAuthEncoding(envelope.payload);
  return envelope.signatures.flatMap(({ keyid, sig }) => {
    const key = keyOf(open.authority, keyid);
    return key ? [{ key, message, signature: sig }] : [];
  });
}

/** Judges the next value of the log. A record advances `admission` by one leaf and one sequence number; noise leaves it as it was. */
export function admit(
  admission: Admission,
  next: Uint8Array | DecodedValue,
  crypto: Crypto,
): { readonly record: LedgerRecord } | { readonly noise: NoiseReason } {
  const { value, envelope, payload } = next instanceof Uint8Array ? decodeValue(next) : next;
  if (!envelope) return { noise: 'envelope' };
  if (!payload) return { noise: 'payload' };
  const author = admission.open
    ? admitNext(admission.open.authority, admission.ledger, envelope, payload, crypto)
    : admitOpening(admission, envelope, payload, crypto);
  if (typeof author === 'string') return { noise: author };
  const position = admission.frontier.size;
  admission.frontier = appendLeaf(admission.frontier, leafHash(value, crypto), crypto);
  return { record: { position, value, author, payload } };
}

function admitOpening(
  admission: Admission,
  envelope: Envelope,
  payload: Payload,
  crypto: Crypto,
): Author | NoiseReason {
  const opening = openingOf(admission.ledger, envelope, payload, crypto);
  if (!opening) return 'before-opening';
  admission.open = { opened: opening.opened, authority: opening.authority };
  return ADMINISTRATORS;
}

function admitNext(
  authority: Authority,
  ledger: string,
  envelope: Envelope,
  payload: Payload,
  crypto: Crypto,
): Author | NoiseReason {
  if (payload.ledger !== ledger) return 'ledger';
  const admin = payload.stream === ADMIN_STREAM;
  const keyids = envelope.signatures.map(signature => signature.keyid);
  if (admin ? !areAdministrators(authority, keyids) : keyids.length !== 1) return 'signatures';
  if (!admin && !authority.publishers.has(keyids[0]!)) return 'publisher-unknown';
  const streams = authority.sequences.get(admin ? '' : keyids[0]!)!;
  const last = streams.get(payload.stream);
  if (last === undefined && streams.size >= MAX_STREAMS_PER_KEY) return 'streams';
  if (payload.seq <= (last ?? 0)) return 'sequence';
  if (!allVerify(authority, envelope, crypto)) return 'signature';
  streams.set(payload.stream, payload.seq);
  return admin ? ADMINISTRATORS : { publisher: keyids[0]! };
}

function allVerify(authority: Authority, envelope: Envelope, crypto: Crypto): boolean {
  const message = preAuthEncoding(envelope.payload);
  return envelope.signatures.every(({ keyid, sig }) => {
    const key = keyOf(authority, keyid);
    return key !== undefined && crypto.verify(key, message, sig);
  });
}

function keyOf({ administrators, publishers }: Authority, keyid: string): Key | undefined {
  return publishers.get(keyid)?.key ?? administrators.keys.get(keyid);
}

/** The Merkle root (64 hex digits) of the prefix that was admitted so far. */
export function prefixRoot(admission: Admission, crypto: Crypto): string {
  return toHex(treeRoot(admission.frontier, crypto));
}

/** Admission as text, for a projection's progress; admissionOf reads it back. */
export function admissionText(admission: Admission): string {
  const open = admission.open && {
    opened: admission.open.opened,
    authority: authorityJson(admission.open.authority),
  };
  return JSON.stringify({ ledger: admission.ledger, frontier: frontierJson(admission.frontier), open });
}

/** The admission of admissionText. */
export function admissionOf(text: string, crypto: Crypto): Admission {
  const json = JSON.parse(text);
  const admission: Admission = { ledger: json.ledger, frontier: frontierOf(json.frontier) };
  if (json.open)
    admission.open = { opened: json.open.opened, authority: authorityOf(json.open.authority, crypto) };
  return admission;
}
