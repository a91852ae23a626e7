import type { SigningKey } from '#signing';
import type { TestKey } from '../../../test/fixtures/keys.js';

/** A test's key as the port that services sign by. */
export function signingKey({ key, keyid, sign }: TestKey): SigningKey {
  return { key, keyid, sign: async message => sign(message) };
}
