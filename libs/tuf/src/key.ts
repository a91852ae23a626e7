// A TUF key (TUF 4.2.2): { "keytype": "ed25519", "scheme": "ed25519", "keyval": { "public": "<64 hex>" } }
//
//   keytype                         scheme                 public
//   ed25519                         ed25519                64 lower-case hex digits
//   ecdsa, ecdsa-sha2-nistp256      ecdsa-sha2-nistp256    PEM SubjectPublicKeyInfo, P-256, uncompressed
//   rsa                             rsassa-pss-sha256      PEM SubjectPublicKeyInfo, 2048 to 8192 bits
//
// Fields beyond these are kept: the keyid covers them. One public key has exactly one text `public`, so two keys are the
// same secret if and only if these texts are equal, whatever their keyids.

import { toHex, utf8 } from './bytes.js';
import { canonicalize, isJsonObject, type Json, type JsonObject } from './canonical.js';
import type { Crypto } from './crypto.js';
import { TufError } from './errors.js';
import { readPublicKey } from './public-key.js';

export type Key = JsonObject & {
  readonly keytype: string;
  readonly scheme: string;
  readonly keyval: JsonObject & { readonly public: string };
};

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
  return toHex(crypto.sha256(utf8(canonicalize(key))));
}

function isKeyShaped(json: Json): json is Key {
  if (!isJsonObject(json) || !isJsonObject(json.keyval)) return false;
  return [json.keytype, json.scheme, json.keyval.public].every(field => typeof field === 'string');
}
