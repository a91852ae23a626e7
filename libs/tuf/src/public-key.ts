// The public key inside a TUF key object, decoded and proved valid. Proving costs up to 3 ms, so it is remembered.

import { BoundedCache } from './bounded-cache.js';
import { type EcdsaPublicKey, readEcdsa } from './ecdsa.js';
import { type Ed25519PublicKey, readEd25519 } from './ed25519.js';
import { TufError } from './errors.js';
import type { Key } from './key-object.js';
import { type RsaPublicKey, readRsa } from './rsa.js';
import { readSpkiPem } from './spki.js';

export type PublicKey = Ed25519PublicKey | EcdsaPublicKey | RsaPublicKey;

/** Valid public keys remembered, about 1 KB each. */
const REMEMBERED_KEYS = 16_384;

const remembered = new BoundedCache<PublicKey>(REMEMBERED_KEYS);

/** The public key of `key`, fully validated. Throws `key-malformed` or `key-unsupported`. */
export function readPublicKey(key: Key): PublicKey {
  const algorithm = `${key.keytype}/${key.scheme}`;
  const text = key.keyval.public;
  return remembered.get(`${algorithm} ${text}`, () => decode(algorithm, text));
}

/** TUF 4.2.2 names the key types and schemes. */
function decode(algorithm: string, text: string): PublicKey {
  switch (algorithm) {
    case 'ed25519/ed25519':
      return readEd25519(text);
    case 'ecdsa/ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp256/ecdsa-sha2-nistp256':
      return readEcdsa(readSpkiPem(text));
    case 'rsa/rsassa-pss-sha256':
      return readRsa(readSpkiPem(text));
    default:
      throw new TufError(
        'key-unsupported',
        `key type and scheme ${JSON.stringify(algorithm)}: take ed25519/ed25519, ecdsa/ecdsa-sha2-nistp256 or rsa/rsassa-pss-sha256`,
      );
  }
}
