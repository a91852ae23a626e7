import { p256 } from '@noble/curves/nist.js';
import { concatBytes, fromHex, type Key, keyid, portableCrypto, toBase64, utf8 } from '#tuf';
import type { TestKey } from '../fixtures/keys.js';

/** SubjectPublicKeyInfo of a P-256 key, up to its 65 bytes (RFC 5480). */
const SPKI_PREFIX = fromHex('3059301306072a8648ce3d020106082a8648ce3d030107034200');

/** The P-256 key whose secret is the SHA-256 of `name`; it signs by RFC 6979, so the same every time. */
export function testEcdsaKey(name: string): TestKey {
  const secret = portableCrypto.sha256(utf8(name));
  const digits = toBase64(concatBytes(SPKI_PREFIX, p256.getPublicKey(secret, false)));
  const lines = digits.replace(/.{1,64}/g, line => `${line}\n`);
  const key: Key = {
    keytype: 'ecdsa',
    scheme: 'ecdsa-sha2-nistp256',
    keyval: { public: `-----BEGIN PUBLIC KEY-----\n${lines}-----END PUBLIC KEY-----\n` },
  };
  return {
    key,
    keyid: keyid(key, portableCrypto),
    sign: message => p256.sign(message, secret, { prehash: true, lowS: false, format: 'der' }),
  };
}
