// Keys as a process reaches them: a call that can fail, and for the online keys a look at what they are to sign.

import type { SigningKey } from '#signing';
import type { TestKey } from '../fixtures/keys.js';
import type { Access } from './access.js';

/** `check` throws where the key must not sign this. */
export function simulatedKey(
  { key, keyid, sign }: TestKey,
  access: Access,
  check: (message: Uint8Array) => void = () => undefined,
): SigningKey {
  return {
    key,
    keyid,
    sign: message => {
      const work = (fault: 'fails' | undefined) => {
        if (fault) throw new Error('The key did not answer.');
        check(message);
        return sign(message);
      };
      return access.do('sign', work, { kinds: ['fails'] as const });
    },
  };
}
