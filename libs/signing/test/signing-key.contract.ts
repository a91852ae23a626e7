// What every adapter of the `SigningKey` port must do.

import { beforeAll, describe, expect, it } from 'vitest';
import { keyid, parseKey, portableCrypto, utf8 } from '#tuf';
import { nativeCrypto, type SigningKey } from '../src/index.js';

const MAX_MESSAGE_BYTES = 1_000_000;
const OVERLAPPING_CALLS = 200;

export function signingKeyContract(name: string, makeKey: () => Promise<SigningKey>): void {
  describe(name, () => {
    let signer: SigningKey;

    beforeAll(async () => {
      signer = await makeKey();
    });

    it('has a valid public key and its keyid', () => {
      const { key, keyid: id } = signer;
      expect(parseKey(key)).toEqual(key);
      expect(id).toBe(keyid(key, portableCrypto));
    });

    it.each([0, 1, 1000, MAX_MESSAGE_BYTES])('signs %i bytes', async length => {
      const message = new Uint8Array(length).fill(7);
      const signature = await signer.sign(message);
      expect(signature.constructor).toBe(Uint8Array);
      expect(nativeCrypto.verify(signer.key, message, signature)).toBe(true);
      expect(portableCrypto.verify(signer.key, message, signature)).toBe(true);
      expect(nativeCrypto.verify(signer.key, Uint8Array.of(...message.subarray(0, 9), 8), signature)).toBe(
        false,
      );
    });

    it('signs many messages at once, each its own', async () => {
      const messages = Array.from({ length: OVERLAPPING_CALLS }, (_, i) => utf8(`message ${i}`));
      const signatures = await Promise.all(messages.map(message => signer.sign(message)));
      expect(messages.every((message, i) => nativeCrypto.verify(signer.key, message, signatures[i]!))).toBe(
        true,
      );
    });

    it('signs the message as it was at the call', async () => {
      const message = utf8('what is signed');
      const pending = signer.sign(message);
      message.fill(0);
      expect(nativeCrypto.verify(signer.key, utf8('what is signed'), await pending)).toBe(true);
    });
  });
}
