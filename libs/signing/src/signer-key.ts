// Port: a key that signs.
//
// Promises
//   - `sign` answers a signature that `Crypto.verify` calls valid for `key` and this message, or rejects. Nothing about
//     equality of two signatures over one message: Ed25519 repeats itself, other schemes don't, so signatures are kept,
//     never recomputed.
//   - Calls may overlap. The message is read before `sign` returns its promise; later changes to it don't count.
//   - `key` and `keyid` are constant for the life of the object and known without using the secret.
//   - No order, no memory, no policy: that nothing is signed twice in two ways is the signer's business, not the key's.
// Trust: full. Whoever holds this object signs as the role.

import type { Key } from '#tuf';

export interface SigningKey {
  /** Public part, as it stands in metadata. */
  readonly key: Key;
  /** SHA-256 of the canonical `key`, 64 hex digits. */
  readonly keyid: string;
  /** Signature over the bytes of `message`: 64 bytes for Ed25519, DER for ECDSA, the modulus' length for RSA. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}
