import { createPrivateKey } from 'node:crypto';
import { fromHex, isHex, TufError } from '#tuf';
import { signingKeyOf } from './native-key.js';
import type { SigningKey } from './signer-key.js';

/** Before the 32 bytes of the seed in an unencrypted PKCS#8 (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;

/** For tests: the key of a seed (64 hex digits), the same every time, in memory only. Throws `hex-malformed`. */
export function memoryKey(seedHex: string): SigningKey {
  if (!isHex(seedHex, SEED_BYTES)) throw new TufError('hex-malformed', 'a seed is 64 lower-case hex digits');
  const pkcs8 = Buffer.concat([PKCS8_PREFIX, fromHex(seedHex)]);
  return signingKeyOf(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }))!;
}
