// A record's value is a DSSE envelope (https://github.com/secure-systems-lab/dsse, protocol and JSON envelope 1.0) in
// canonical JSON:
//
//   {"payload":BASE64,"payloadType":"application/vnd.tuf-ledger.record+json","signatures":[{"keyid":HEX,"sig":BASE64},...]}
//
// Signatures are over PAE(payloadType, payload) = "DSSEv1" SP LEN(type) SP type SP LEN(payload) SP payload, lengths in
// decimal bytes. Where there are several they stand in strictly ascending order of keyid, so that one set of signatures
// has one encoding. Any byte that differs from this form makes a value noise, never another reading of the same record.

import {
  concatBytes,
  fromBase64,
  fromBase64Codes,
  fromUtf8,
  isHex,
  isJsonObject,
  type Json,
  type JsonObject,
  parseCanonical,
  toBase64,
  utf8,
} from '#tuf';

/** The DSSE payload type of every record. */
export const PAYLOAD_TYPE = 'application/vnd.tuf-ledger.record+json';
/** The largest value that can be a record, in bytes: what a leaf of a tiled log can hold (C2SP tlog-tiles). */
export const MAX_VALUE_BYTES = 65_535;
/** More signatures than any threshold of administrators and root keys needs; bounds the work that one value can ask for. */
export const MAX_SIGNATURES = 128;

/** One signature of an envelope, decoded. */
export interface EnvelopeSignature {
  readonly keyid: string;
  readonly sig: Uint8Array;
}

export interface Envelope {
  readonly payload: Uint8Array;
  readonly signatures: readonly EnvelopeSignature[];
}

const PAE_PREFIX = `DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} `;

/** The bytes that a signature of a record covers: DSSE's pre-authentication encoding of its payload. */
export function preAuthEncoding(payload: Uint8Array): Uint8Array {
  return concatBytes(utf8(`${PAE_PREFIX}${payload.length} `), payload);
}

/** The value of a record from its payload and signatures (put into keyid order here). */
export function encodeEnvelope(payload: Uint8Array, signatures: Iterable<EnvelopeSignature>): Uint8Array {
  const list = [...signatures]
    .sort((a, b) => (a.keyid < b.keyid ? -1 : 1))
    .map(({ keyid, sig }) => `{"keyid":"${keyid}","sig":"${toBase64(sig)}"}`);
  return utf8(
    `{"payload":"${toBase64(payload)}","payloadType":"${PAYLOAD_TYPE}","signatures":[${list.join(',')}]}`,
  );
}

/** The envelope that `value` is, or undefined where it is not exactly of the form above. Never throws. */
export function decodeEnvelope(value: Uint8Array): Envelope | undefined {
  if (value.length < 1 || value.length > MAX_VALUE_BYTES) return undefined;
  try {
    return singleEnvelope(value) ?? envelopeOf(parseCanonical(fromUtf8(value)));
  } catch {
    return undefined;
  }
}

// What stands around payload, keyid and signature in an envelope with one signature of 64 bytes.
const HEAD = utf8('{"payload":"');
const BEFORE_KEYID = utf8(`","payloadType":"${PAYLOAD_TYPE}","signatures":[{"keyid":"`);
const BEFORE_SIG = utf8('","sig":"');
const TAIL = utf8('"}]}');
const KEYID_DIGITS = 64;
const SIG_DIGITS = 88;

/**
 * The envelope that nearly every value is, one signature by Ed25519, read where its fields must stand; undefined where it
 * is another. Hex and base64 hold nothing that JSON escapes, so what is found is what a parser finds in these bytes, and
 * they are its one canonical form. Throws where the payload or the signature is no base64.
 */
function singleEnvelope(value: Uint8Array): Envelope | undefined {
  const sigEnd = value.length - TAIL.length;
  const sigStart = sigEnd - SIG_DIGITS;
  const keyidEnd = sigStart - BEFORE_SIG.length;
  const keyidStart = keyidEnd - KEYID_DIGITS;
  const payloadEnd = keyidStart - BEFORE_KEYID.length;
  const framed =
    payloadEnd >= HEAD.length &&
    holds(value, 0, HEAD) &&
    holds(value, payloadEnd, BEFORE_KEYID) &&
    holds(value, keyidEnd, BEFORE_SIG) &&
    holds(value, sigEnd, TAIL);
  if (!framed) return undefined;
  const keyid = fromUtf8(value.subarray(keyidStart, keyidEnd));
  if (!isHex(keyid, 32)) return undefined;
  const sig = fromBase64Codes(value.subarray(sigStart, sigEnd));
  return { payload: fromBase64Codes(value.subarray(HEAD.length, payloadEnd)), signatures: [{ keyid, sig }] };
}

function holds(value: Uint8Array, at: number, part: Uint8Array): boolean {
  for (let i = 0; i < part.length; i++) if (value[at + i] !== part[i]) return false;
  return true;
}

function envelopeOf(json: Json): Envelope | undefined {
  if (!hasExactly(json, ['payload', 'payloadType', 'signatures'])) return undefined;
  const { payload, payloadType, signatures } = json;
  if (payloadType !== PAYLOAD_TYPE || typeof payload !== 'string' || !Array.isArray(signatures))
    return undefined;
  if (signatures.length < 1 || signatures.length > MAX_SIGNATURES) return undefined;
  const decoded: EnvelopeSignature[] = [];
  let last = '';
  for (const entry of signatures) {
    if (!hasExactly(entry, ['keyid', 'sig'])) return undefined;
    const { keyid, sig } = entry;
    if (typeof keyid !== 'string' || !isHex(keyid, 32) || keyid <= last || typeof sig !== 'string')
      return undefined;
    decoded.push({ keyid, sig: fromBase64(sig) });
    last = keyid;
  }
  return { payload: fromBase64(payload), signatures: decoded };
}

/** Whether `json` is an object with these fields and no others. */
export function hasExactly(json: Json | undefined, fields: readonly string[]): json is JsonObject {
  if (!isJsonObject(json)) return false;
  return Object.keys(json).length === fields.length && fields.every(field => Object.hasOwn(json, field));
}
