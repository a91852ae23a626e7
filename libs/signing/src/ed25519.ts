import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { fromHex, isHex, keyid, parseKey, TufError, toHex } from '#tuf';
import { nativeCrypto } from './native.js';
import type { SigningKey } from './signer-key.js';

/** Before the 32 bytes of the seed in an unencrypted PKCS#8 (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_KEY_BYTES = 32;
const SEED_BYTES = 32;

/** The signing key of an Ed25519 private key, which signs on the thread pool. */
export function ed25519SigningKey(privateKey: KeyObject): SigningKey {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const key = parseKey({
    keytype: 'ed25519',
    scheme: 'ed25519',
    keyval: { public: toHex(spki.subarray(-PUBLIC_KEY_BYTES)) },
  });
  return {
    key,
    keyid: keyid(key, nativeCrypto),
    sign: message =>
      new Promise((resolve, reject) => {
        sign(null, message, privateKey, (error, signature) =>
          error ? reject(error) : resolve(new Uint8Array(signature)),
        );
      }),
  };
}

/** For tests: the key of a seed (64 hex digits), the same every time, in memory only. Throws `hex-malformed`. */
export function memoryKey(seedHex: string): SigningKey {
  if (!isHex(seedHex, SEED_BYTES)) throw new TufError('hex-malformed', 'a seed is 64 lower-case hex digits');
  const pkcs8 = Buffer.concat([PKCS8_PREFIX, fromHex(seedHex)]);
  return ed25519SigningKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }));
}
