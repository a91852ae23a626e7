// The payload of a record: the canonical JSON of exactly these five fields.
//
//   {"events":[{"type":...},...],"ledger":HEX,"seq":N,"stream":NAME,"v":N}
//
// `ledger` is the SHA-256 of the opening record's payload, "" in that record itself. `seq` must exceed the last admitted one
// of the same key and stream. `v` is the version of the rules that the events are written in. This frame is part of
// admission: a value that breaks it is noise. What stands inside the events is not (see event.ts).

import {
  canonicalize,
  fromUtf8,
  isHex,
  isJsonObject,
  type Json,
  type JsonObject,
  parseCanonical,
  utf8,
} from '#tuf';
import { hasExactly } from './envelope.js';
import { LedgerError } from './errors.js';

/** The most events that one record can hold. */
export const MAX_EVENTS_PER_RECORD = 1_000;
/** The stream that only administrators write, with one sequence for all of them. */
export const ADMIN_STREAM = 'admin';

const STREAM_FORM = /^[a-z0-9._-]{1,32}$/;

/** An event as a record holds it: any object with a `type`; event.ts says which ones mean something. */
export type RawEvent = JsonObject & { readonly type: string };

export interface Payload {
  readonly ledger: string;
  readonly stream: string;
  readonly seq: number;
  readonly v: number;
  readonly events: readonly RawEvent[];
}

/**
 * The bytes of a payload; `texts` are the canonical texts of its events, for who has them at hand.
 * @throws LedgerError `record-malformed` where the frame is broken, which decodePayload would call noise.
 */
export function encodePayload(
  payload: Payload,
  texts: readonly string[] = payload.events.map(event => canonicalize(event)),
): Uint8Array {
  const { events, ledger, seq, stream, v } = payload;
  const json = { events: events as unknown as Json, ledger, seq, stream, v };
  if (!payloadOf(json)) {
    throw new LedgerError(
      'record-malformed',
      `A record needs 1 to ${MAX_EVENTS_PER_RECORD} events with a string "type", a seq and v of at least 1, a stream of ` +
        `[a-z0-9._-]{1,32} and the ledger's hash; this one (stream "${stream}", seq ${seq}, ${events.length} events) is not so.`,
    );
  }
  // In the order of the fields' names; the ledger's hash and the stream hold nothing that JSON escapes.
  return utf8(
    `{"events":[${texts.join(',')}],"ledger":"${ledger}","seq":${seq},"stream":"${stream}","v":${v}}`,
  );
}

/** The payload that these bytes are, or undefined where they are not canonical or break the frame. Never throws. */
export function decodePayload(bytes: Uint8Array): Payload | undefined {
  try {
    return payloadOf(parseCanonical(fromUtf8(bytes)));
  } catch {
    return undefined;
  }
}

function payloadOf(json: Json): Payload | undefined {
  if (!hasExactly(json, ['events', 'ledger', 'seq', 'stream', 'v'])) return undefined;
  const { events, ledger, seq, stream, v } = json;
  if (typeof ledger !== 'string' || !(ledger === '' || isHex(ledger, 32))) return undefined;
  if (typeof stream !== 'string' || !STREAM_FORM.test(stream)) return undefined;
  if (!isCounter(seq) || !isCounter(v) || !Array.isArray(events)) return undefined;
  if (events.length < 1 || events.length > MAX_EVENTS_PER_RECORD || !events.every(isRawEvent))
    return undefined;
  return { ledger, stream, seq, v, events };
}

function isCounter(json: Json | undefined): json is number {
  return typeof json === 'number' && Number.isSafeInteger(json) && json >= 1;
}

function isRawEvent(json: Json): json is RawEvent {
  return isJsonObject(json) && typeof json.type === 'string';
}
