// Ed25519 by the rule of `crypto.ts`. Libraries disagree at the edges: cofactored or not, canonical or not, small
// orders or not. So this takes a library's field and points only, and states the equation itself.

import { Point } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { equalBytes, fromHex, isHex, toHex } from './bytes.js';
import { TufError } from './errors.js';

/** Order of the base point, `L` in RFC 8032. */
const L = Point.CURVE().n;
const POINT_BYTES = 32;
const SIGNATURE_BYTES = 64;

export interface Ed25519PublicKey {
  readonly kind: 'ed25519';
  /** The encoding `A`, 32 bytes. */
  readonly encoded: Uint8Array;
  readonly point: Point;
}

/**
 * Reads a public key from 64 lower-case hex digits. Throws `key-malformed` unless it is the canonical encoding of a
 * torsion-free point other than the identity: any other has signatures that some verifiers take and some do not.
 */
export function readEd25519(hex: string): Ed25519PublicKey {
  if (!isHex(hex, POINT_BYTES)) throw malformed('is not 64 lower-case hex digits');
  const encoded = fromHex(hex);
  const point = decodePoint(encoded);
  if (!point) throw malformed('is not the canonical encoding of a point (RFC 8032 5.1.3)');
  if (point.is0()) throw malformed('is the identity, whose signatures anyone can make');
  if (!point.isTorsionFree()) throw malformed('is not in the group of order L, so no secret key made it');
  return { kind: 'ed25519', encoded, point };
}

/** Whether encode(S*B - k*A) = R, with S < L (RFC 8032 5.1.7, without cofactor). */
export function verifyEd25519(key: Ed25519PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false;
  const r = signature.subarray(0, POINT_BYTES);
  const s = littleEndian(signature.subarray(POINT_BYTES));
  if (s >= L) return false;
  const k = littleEndian(sha512.create().update(r).update(key.encoded).update(message).digest()) % L;
  const computed = Point.BASE.multiply(s, false).subtract(key.point.multiply(k, false));
  return equalBytes(computed.toBytes(), r); // `toBytes` is canonical, so no other R can be equal
}

function decodePoint(encoded: Uint8Array): Point | undefined {
  try {
    return Point.fromBytes(encoded, false); // false: strict, y < p and no negative zero
  } catch {
    return undefined;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.toReversed())}`);
}

function malformed(what: string): TufError {
  return new TufError('key-malformed', `ed25519 public key ${what}: take it from the key's owner again`);
}
