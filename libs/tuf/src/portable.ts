// The `Crypto` port in plain JavaScript: the same file runs in a browser, in Node and anywhere else. It is the
// auditors' cross-check of the native one, and some 20 times slower.

import { sha256 } from '@noble/hashes/sha2.js';
import { toHex, utf8 } from './bytes.js';
import type { Crypto } from './crypto.js';
import { verifyEcdsa } from './ecdsa.js';
import { verifyEd25519 } from './ed25519.js';
import type { Key } from './key-object.js';
import { readPublicKey } from './public-key.js';
import { verifyRsaPss } from './rsa.js';

export const portableCrypto: Crypto = {
  sha256,
  sha256Hex: text => toHex(sha256(utf8(text))),
  verify(key, message, signature) {
    try {
      return verifyPublic(key, message, signature);
    } catch {
      return false; // a key that `parseKey` refuses
    }
  },
};

function verifyPublic(key: Key, message: Uint8Array, signature: Uint8Array): boolean {
  const publicKey = readPublicKey(key);
  switch (publicKey.kind) {
    case 'ed25519':
      return verifyEd25519(publicKey, message, signature);
    case 'ecdsa':
      return verifyEcdsa(publicKey, message, signature);
    case 'rsa':
      return verifyRsaPss(publicKey, message, signature);
  }
}
