// Keys that can verify, and their names. The forms of keys are in key-object.ts.

import { canonicalize, type Json } from './canonical.js';
import type { Crypto } from './crypto.js';
import { TufError } from './errors.js';
import { isKeyShaped, type Key } from './key-object.js';
import { readPublicKey } from './public-key.js';

/** `json` as a key whose public part is valid in full. Throws `key-malformed` or `key-unsupported`. */
export function parseKey(json: Json): Key {
  if (!isKeyShaped(json))
    throw new TufError(
      'key-malformed',
      'a key is an object with the strings keytype, scheme and keyval.public',
    );
  readPublicKey(json);
  return json;
}

/** SHA-256 of the canonical key object, extra fields included, as 64 hex digits (TUF 4.2.1). */
export function keyid(key: Key, crypto: Crypto): string {
  return crypto.sha256Hex(canonicalize(key));
}
