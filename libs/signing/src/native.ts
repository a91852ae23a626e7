// The `Crypto` port on Node's OpenSSL: the hot path, some 20 times faster than the portable one.
//
// OpenSSL keeps the verification rule of the port but for these edges, which are closed here: it takes Ed25519 keys that
// are not canonical or have a small order (so the key is first proved by the pure code, once), and it reads RSA
// signatures shorter than the modulus. Its strict DER is re-checked, not relied upon. The vectors in
// test/data/vectors/signature-edges.json hold both implementations together.

import { constants, createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import {
  assertWellFormed,
  BoundedCache,
  type Crypto,
  type Key,
  type PublicKey,
  readEcdsaSignature,
  readPublicKey,
} from '#tuf';

/** Keys remembered in OpenSSL's form, about 2 KB each. */
const REMEMBERED_KEYS = 16_384;

const SALT_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;

/** SubjectPublicKeyInfo of an Ed25519 key, up to its 32 bytes (RFC 8410, section 4). */
const ED25519_SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** What `crypto.verify` takes, and the signatures that may reach it. */
interface NativeKey {
  readonly digest: 'sha256' | null;
  readonly options:
    | KeyObject
    | { key: KeyObject; padding?: number; saltLength?: number; dsaEncoding?: 'der' };
  readonly mayHold: (signature: Uint8Array) => boolean;
}

const remembered = new BoundedCache<NativeKey>(REMEMBERED_KEYS);

export const nativeCrypto: Crypto = {
  sha256(bytes) {
    const digest = hash('sha256', bytes, 'buffer');
    return new Uint8Array(digest.buffer, digest.byteOffset, digest.byteLength);
  },
  // One call into Node for what would be three: encoding, hashing and spelling. A path takes a quarter of the time.
  sha256Hex(text) {
    assertWellFormed(text); // Node would hash U+FFFD instead
    return hash('sha256', text, 'hex');
  },
  verify(key, message, signature) {
    const native = nativeKey(key);
    if (!native?.mayHold(signature)) return false;
    try {
      return verify(native.digest, message, native.options, signature);
    } catch {
      return false; // OpenSSL reports some malformed signatures as errors
    }
  },
};

/**
 * As `nativeCrypto.verify`, on the thread pool; never rejects. It has no queue of its own: the caller bounds how many
 * are under way.
 */
export function verifyAsync(key: Key, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const native = nativeKey(key);
  if (!native?.mayHold(signature)) return Promise.resolve(false);
  return new Promise(resolve => {
    try {
      verify(native.digest, message, native.options, signature, (error, valid) => resolve(!error && valid));
    } catch {
      resolve(false);
    }
  });
}

function nativeKey(key: Key): NativeKey | undefined {
  try {
    const name = `${key.keytype}/${key.scheme} ${key.keyval.public}`;
    return remembered.get(name, () => makeNativeKey(readPublicKey(key), key.keyval.public));
  } catch {
    return undefined; // a key that `parseKey` refuses
  }
}

function makeNativeKey(publicKey: PublicKey, text: string): NativeKey {
  switch (publicKey.kind) {
    case 'ed25519': {
      const spki = Buffer.concat([ED25519_SPKI_PREFIX, publicKey.encoded]);
      return {
        digest: null,
        options: createPublicKey({ key: spki, format: 'der', type: 'spki' }),
        mayHold: signature => signature.length === ED25519_SIGNATURE_BYTES,
      };
    }
    case 'ecdsa':
      return {
        digest: 'sha256',
        options: { key: createPublicKey(text), dsaEncoding: 'der' },
        mayHold: signature => readEcdsaSignature(signature) !== undefined,
      };
    case 'rsa': {
      const signatureBytes = Math.ceil(publicKey.modulusBits / 8);
      return {
        digest: 'sha256',
        options: {
          key: createPublicKey(text),
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength: SALT_BYTES,
        },
        mayHold: signature => signature.length === signatureBytes,
      };
    }
  }
}
