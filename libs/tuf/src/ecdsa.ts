// ECDSA over P-256 with SHA-256, by the rule of `crypto.ts`. The library gets r and s as fixed-width integers, so its
// own reading of DER, which differs between libraries and versions, plays no part.

import { p256 } from '@noble/curves/nist.js';
import { concatBytes, equalBytes, fromHex } from './bytes.js';
import { INTEGER, readDer, readUnsigned, SEQUENCE } from './der.js';
import { TufError } from './errors.js';
import type { SubjectPublicKeyInfo } from './spki.js';

/** id-ecPublicKey with the named curve prime256v1 (RFC 5480 2.1.1). */
const P256_ALGORITHM = fromHex('06072a8648ce3d020106082a8648ce3d030107');
const UNCOMPRESSED = 0x04;
const POINT_BYTES = 65;
const SCALAR_BYTES = 32;

export interface EcdsaPublicKey {
  readonly kind: 'ecdsa';
  /** Uncompressed point, 65 bytes (SEC 1, 2.3.3). */
  readonly encoded: Uint8Array;
}

/** Reads a P-256 key. Throws `key-malformed` unless it is an uncompressed point on the curve. */
export function readEcdsa({ algorithm, key }: SubjectPublicKeyInfo): EcdsaPublicKey {
  if (!equalBytes(algorithm, P256_ALGORITHM)) throw malformed('is not on the named curve P-256');
  if (key.length !== POINT_BYTES || key[0] !== UNCOMPRESSED) throw malformed('is not an uncompressed point');
  if (!p256.utils.isValidPublicKey(key, false)) throw malformed('is not a point on the curve');
  return { kind: 'ecdsa', encoded: key };
}

/** r and s of a strict DER signature, each in [1, n-1]; undefined for all else (RFC 3279 2.2.3). */
export function readEcdsaSignature(signature: Uint8Array): { r: bigint; s: bigint } | undefined {
  const [pair] = readDer(signature, SEQUENCE) ?? [];
  const integers = pair && readDer(pair, INTEGER, INTEGER);
  if (!integers) return undefined;
  const [r, s] = integers.map(readUnsigned);
  return isScalar(r) && isScalar(s) ? { r, s } : undefined;
}

/** FIPS 186-5, 6.4.2. */
export function verifyEcdsa(key: EcdsaPublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  const pair = readEcdsaSignature(signature);
  if (!pair) return false;
  const compact = concatBytes(fixedWidth(pair.r), fixedWidth(pair.s));
  return p256.verify(compact, message, key.encoded, { format: 'compact', lowS: false, prehash: true });
}

function isScalar(value: bigint | undefined): value is bigint {
  return value !== undefined && value > 0n && value < p256.Point.CURVE().n;
}

function fixedWidth(scalar: bigint): Uint8Array {
  return fromHex(scalar.toString(16).padStart(2 * SCALAR_BYTES, '0'));
}

function malformed(what: string): TufError {
  return new TufError('key-malformed', `ecdsa public key ${what}: export it as an uncompressed P-256 key`);
}
