// A TUF key (TUF 4.2.2): { "keytype": "ed25519", "scheme": "ed25519", "keyval": { "public": "<64 hex>" } }
//
//   keytype                         scheme                 public
//   ed25519                         ed25519                64 lower-case hex digits
//   ecdsa, ecdsa-sha2-nistp256      ecdsa-sha2-nistp256    PEM SubjectPublicKeyInfo, P-256, uncompressed
//   rsa                             rsassa-pss-sha256      PEM SubjectPublicKeyInfo, 2048 to 8192 bits
//
// Fields beyond these are kept: the keyid covers them. One public key has exactly one text `public`, so two keys are the
// same secret if and only if these texts are equal, whatever their keyids.

import { isJsonObject, type Json, type JsonObject } from './canonical.js';

/** A key object, as it stands in metadata; whether its public part is valid, parseKey says. */
export type Key = JsonObject & {
  readonly keytype: string;
  readonly scheme: string;
  readonly keyval: JsonObject & { readonly public: string };
};

/** Whether `json` has the fields of a key object. */
export function isKeyShaped(json: Json): json is Key {
  if (!isJsonObject(json) || !isJsonObject(json.keyval)) return false;
  return [json.keytype, json.scheme, json.keyval.public].every(field => typeof field === 'string');
}
