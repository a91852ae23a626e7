// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes, by the rule of `crypto.ts`. Verification only, so
// nothing here is secret and nothing needs constant time. Section numbers are RFC 8017's.

import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, equalBytes, fromHex } from './bytes.js';
import { bigEndian, INTEGER, readDer, readUnsigned, SEQUENCE } from './der.js';
import { TufError } from './errors.js';
import type { SubjectPublicKeyInfo } from './spki.js';

/** rsaEncryption with NULL parameters (RFC 3279 2.3.1). */
const RSA_ALGORITHM = fromHex('06092a864886f70d0101010500');
const MIN_MODULUS_BITS = 2048;
const MAX_MODULUS_BITS = 8192;
const MAX_EXPONENT = 2n ** 32n;
const HASH_BYTES = 32;
const SALT_BYTES = 32;
const TRAILER = 0xbc;

export interface RsaPublicKey {
  readonly kind: 'rsa';
  readonly modulus: bigint;
  readonly exponent: bigint;
  readonly modulusBits: number;
}

/** Reads an RSA key. Throws `key-malformed`, or `key-unsupported` for a size or exponent outside the bounds. */
export function readRsa({ algorithm, key }: SubjectPublicKeyInfo): RsaPublicKey {
  if (!equalBytes(algorithm, RSA_ALGORITHM)) throw malformed('has another algorithm than rsaEncryption');
  const [body] = readDer(key, SEQUENCE) ?? [];
  const [modulus, exponent] = (body && readDer(body, INTEGER, INTEGER)?.map(readUnsigned)) ?? [];
  if (modulus === undefined || exponent === undefined) throw malformed('is no strict DER RSAPublicKey');
  const modulusBits = modulus.toString(2).length;
  if (modulusBits < MIN_MODULUS_BITS || modulusBits > MAX_MODULUS_BITS)
    throw unsupported(`has ${modulusBits} bits: take ${MIN_MODULUS_BITS} to ${MAX_MODULUS_BITS}`);
  if (modulus % 2n === 0n) throw malformed('has an even modulus');
  if (exponent % 2n === 0n || exponent < 3n || exponent > MAX_EXPONENT)
    throw unsupported('has an exponent that is not odd and from 3 to 2^32: take 65537');
  return { kind: 'rsa', modulus, exponent, modulusBits };
}

/** RSASSA-PSS-VERIFY, 8.1.2. */
export function verifyRsaPss(key: RsaPublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== byteLength(key.modulusBits)) return false;
  const s = bigEndian(signature);
  if (s >= key.modulus) return false; // RSAVP1, 5.2.2
  const m = power(s, key.exponent, key.modulus);
  const emBits = key.modulusBits - 1;
  if (m >> BigInt(8 * byteLength(emBits)) !== 0n) return false; // I2OSP, 4.1
  const encoded = fromHex(m.toString(16).padStart(2 * byteLength(emBits), '0'));
  return verifyEncoded(sha256(message), encoded, emBits);
}

/** EMSA-PSS-VERIFY, 9.1.2, its steps in order. */
function verifyEncoded(hash: Uint8Array, encoded: Uint8Array, emBits: number): boolean {
  if (encoded.at(-1) !== TRAILER) return false;
  const maskedDb = encoded.subarray(0, -HASH_BYTES - 1);
  const h = encoded.subarray(maskedDb.length, -1);
  const firstMask = 0xff >> (8 * encoded.length - emBits);
  if ((maskedDb[0]! & ~firstMask) !== 0) return false;
  const mask = mgf1(h, maskedDb.length);
  const db = maskedDb.map((byte, i) => byte ^ mask[i]!);
  db[0]! &= firstMask;
  const padding = db.subarray(0, -SALT_BYTES - 1);
  if (padding.some(byte => byte !== 0) || db[padding.length] !== 1) return false;
  const salt = db.subarray(-SALT_BYTES);
  return equalBytes(sha256(concatBytes(new Uint8Array(8), hash, salt)), h);
}

/** B.2.1 with SHA-256. */
function mgf1(seed: Uint8Array, length: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let counter = 0; counter * HASH_BYTES < length; counter++)
    blocks.push(sha256(concatBytes(seed, Uint8Array.of(0, 0, 0, counter)))); // 8192 bits take 32 blocks
  return concatBytes(...blocks).subarray(0, length);
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * base) % modulus;
  }
  return result;
}

function byteLength(bits: number): number {
  return Math.ceil(bits / 8);
}

function malformed(what: string): TufError {
  return new TufError('key-malformed', `rsa public key ${what}: export it again as a plain RSA key`);
}

function unsupported(what: string): TufError {
  return new TufError('key-unsupported', `rsa public key ${what}`);
}
