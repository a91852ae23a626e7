// Signing with a private key of Node's: Ed25519, ECDSA on P-256 and RSA-PSS, as TUF 4.2.2 names them.

import {
  constants,
  createPublicKey,
  type KeyObject,
  type SigningOptions,
  type SignKeyObjectInput,
  sign,
} from 'node:crypto';
import { type Key, keyid, parseKey, toHex } from '#tuf';
import { nativeCrypto } from './native.js';
import type { SigningKey } from './signer-key.js';

const ED25519_PUBLIC_BYTES = 32;
/** What every verifier of the scheme expects (RFC 8017 9.1); Node's own choice is another. */
const RSA_SALT_BYTES = 32;
const P256 = 'prime256v1';

/** How a kind of key signs; `digest` is null where the scheme hashes by itself. */
interface Scheme {
  readonly digest: 'sha256' | null;
  readonly options: KeyObject | (SignKeyObjectInput & SigningOptions);
}

/** The public part of a key as metadata holds it; undefined for a kind that no TUF client knows. @throws TufError `key-malformed`. */
export function tufKeyOf(key: KeyObject): Key | undefined {
  const spki = key.type === 'public' ? key : createPublicKey(key);
  const pem = () => spki.export({ format: 'pem', type: 'spki' }).toString();
  switch (spki.asymmetricKeyType) {
    case 'ed25519': {
      const der = spki.export({ format: 'der', type: 'spki' });
      const hex = toHex(der.subarray(-ED25519_PUBLIC_BYTES));
      return parseKey({ keytype: 'ed25519', scheme: 'ed25519', keyval: { public: hex } });
    }
    case 'ec':
      if (spki.asymmetricKeyDetails?.namedCurve !== P256) return undefined;
      return parseKey({ keytype: 'ecdsa', scheme: 'ecdsa-sha2-nistp256', keyval: { public: pem() } });
    case 'rsa':
      return parseKey({ keytype: 'rsa', scheme: 'rsassa-pss-sha256', keyval: { public: pem() } });
    default:
      return undefined;
  }
}

/** The signing key of a private key, which signs on the thread pool; undefined for a kind that no TUF client knows. */
export function signingKeyOf(privateKey: KeyObject): SigningKey | undefined {
  const key = tufKeyOf(privateKey);
  if (!key) return undefined;
  const { digest, options } = schemeOf(privateKey);
  return {
    key,
    keyid: keyid(key, nativeCrypto),
    sign: message =>
      new Promise((resolve, reject) => {
        sign(digest, message, options, (error, signature) =>
          error ? reject(error) : resolve(new Uint8Array(signature)),
        );
      }),
  };
}

function schemeOf(key: KeyObject): Scheme {
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return { digest: null, options: key };
    case 'rsa':
      return {
        digest: 'sha256',
        options: { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: RSA_SALT_BYTES },
      };
    default:
      return { digest: 'sha256', options: { key, dsaEncoding: 'der' } };
  }
}
