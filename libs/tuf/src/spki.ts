// Public keys in PEM: one SubjectPublicKeyInfo (RFC 5280 4.1.2.7) in the one spelling that this repository takes, the
// one that OpenSSL, Node, Go and python-cryptography write (RFC 7468, section 13): label PUBLIC KEY, 64 base64 digits a
// line, LF line ends, one LF after the last line. One spelling per key, so that one key has one text.

import { fromBase64, toBase64 } from './bytes.js';
import { BIT_STRING, readDer, SEQUENCE } from './der.js';
import { TufError } from './errors.js';

const BEGIN = '-----BEGIN PUBLIC KEY-----\n';
const END = '-----END PUBLIC KEY-----\n';
const LINE_DIGITS = 64;

/** An RSA key of 8192 bits takes 1,495 characters. */
const MAX_PEM_UNITS = 2048;

export interface SubjectPublicKeyInfo {
  /** Content of the AlgorithmIdentifier: object identifier and parameters, DER. */
  algorithm: Uint8Array;
  /** Content of the key's bit string. */
  key: Uint8Array;
}

/** Reads the PEM text of a public key. Throws `key-malformed`. */
export function readSpkiPem(pem: string): SubjectPublicKeyInfo {
  const [info] = readDer(readPem(pem), SEQUENCE) ?? [];
  const [algorithm, bits] = (info && readDer(info, SEQUENCE, BIT_STRING)) ?? [];
  if (!algorithm || !bits || bits[0] !== 0)
    throw malformed('its bytes are no strict DER SubjectPublicKeyInfo');
  return { algorithm, key: bits.subarray(1) };
}

function readPem(pem: string): Uint8Array {
  if (pem.length > MAX_PEM_UNITS) throw malformed(`it is longer than ${MAX_PEM_UNITS} characters`);
  if (!pem.startsWith(BEGIN) || !pem.endsWith(END)) throw malformed('its first or last line is another');
  const digits = pem.slice(BEGIN.length, pem.length - END.length).replaceAll('\n', '');
  let bytes: Uint8Array;
  try {
    bytes = fromBase64(digits);
  } catch (error) {
    throw malformed((error as Error).message);
  }
  if (writePem(bytes) !== pem)
    throw malformed(`its lines are not ${LINE_DIGITS} digits each, ended by one LF`);
  return bytes;
}

function writePem(bytes: Uint8Array): string {
  const lines = toBase64(bytes).replace(new RegExp(`.{1,${LINE_DIGITS}}`, 'g'), line => `${line}\n`);
  return `${BEGIN}${lines}${END}`;
}

function malformed(what: string): TufError {
  return new TufError(
    'key-malformed',
    `PEM public key: ${what}; write it with "openssl pkey -pubin -pubout" and keep the line end`,
  );
}
