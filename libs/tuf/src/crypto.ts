// Port: hashing and signature verification.
//
// Promises
//   - Verification is a consensus rule: for one (key, message, signature) every implementation answers the same, for
//     ever. The rule:
//       ed25519                 A and R are canonical encodings, A is torsion-free and not the identity, S < L, and
//                               encode(S*B - k*A) = R byte for byte, k = SHA-512(R | A | M) mod L (RFC 8032 5.1.7,
//                               cofactorless).
//       ecdsa-sha2-nistp256     SHA-256; the signature is strict DER: minimal lengths and integers, no byte after it;
//                               r and s in [1, n-1]; a high s is accepted (FIPS 186-5 6.4.2).
//       rsassa-pss-sha256       SHA-256, MGF1 with SHA-256, a salt of exactly 32 bytes, a signature of exactly the
//                               modulus' length, as an integer below the modulus (RFC 8017 8.1.2).
//   - `verify` never throws: what is malformed is not valid. A key that `parseKey` refuses verifies nothing.
//   - All are pure: no clock, no randomness, no state that shows.
// Trust: full. What this port calls valid is valid to the whole ledger.

import type { Key } from './key-object.js';

/** What `verify` is asked of one signature; so that a list of them can be verified ahead, elsewhere. */
export interface SignatureCheck {
  readonly key: Key;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Crypto {
  /** SHA-256 of `bytes`, 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array;
  /** SHA-256 of the UTF-8 of `text`, 64 lower-case hex digits. Text with half a surrogate pair throws `lone-surrogate`. */
  sha256Hex(text: string): string;
  /** Whether `signature` (raw bytes, DER for ECDSA) is `key`'s over `message`, by the rule above. */
  verify(key: Key, message: Uint8Array, signature: Uint8Array): boolean;
}
