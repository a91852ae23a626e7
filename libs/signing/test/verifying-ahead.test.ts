import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { fromHex, type Key, type SignatureCheck, utf8 } from '#tuf';
import { cryptoContract } from '../../tuf/test/crypto.contract.js';
import { readVectors } from '../../tuf/test/vectors.js';
import { memoryKey, nativeCrypto, VerifyingAhead } from '../src/index.js';

interface Vector {
  valid: boolean;
  key: Key;
  message: string;
  signature: string;
}

const edges = readVectors<Vector[]>('signature-edges.json').map(({ valid, key, message, signature }) => ({
  valid,
  check: { key, message: fromHex(message), signature: fromHex(signature) },
}));
const checks = edges.map(({ check }) => check);
const verdicts = edges.map(({ valid }) => valid);
const verify = (crypto: VerifyingAhead, { key, message, signature }: SignatureCheck) =>
  crypto.verify(key, message, signature);

cryptoContract('verifying ahead', new VerifyingAhead());

describe('a signature verified ahead', () => {
  let native: MockInstance<typeof nativeCrypto.verify>;
  beforeEach(() => {
    native = vi.spyOn(nativeCrypto, 'verify');
  });
  afterEach(() => native.mockRestore());

  it('has the verdict that it has otherwise, and is not verified again where it is valid', async () => {
    const crypto = new VerifyingAhead();
    await crypto.verifyAhead(checks);
    expect(native).not.toHaveBeenCalled();
    expect(checks.map(check => verify(crypto, check))).toEqual(verdicts);
    expect(native).toHaveBeenCalledTimes(verdicts.filter(valid => !valid).length);
  });

  it('is remembered when it was verified on demand, too', () => {
    const crypto = new VerifyingAhead();
    const both = () => checks.map(check => verify(crypto, check));
    expect([both(), both()]).toEqual([verdicts, verdicts]);
    expect(native).toHaveBeenCalledTimes(checks.length + verdicts.filter(valid => !valid).length);
  });

  it('vouches for no other key, message or signature', async () => {
    const [one, two] = [memoryKey('01'.repeat(32)), memoryKey('02'.repeat(32))];
    const message = utf8('what is signed');
    const signature = await one.sign(message);
    const crypto = new VerifyingAhead();
    await crypto.verifyAhead([{ key: one.key, message, signature }]);
    expect(crypto.verify(one.key, message, signature)).toBe(true);
    expect(crypto.verify(two.key, message, signature)).toBe(false);
    expect(crypto.verify({ ...one.key, scheme: 'rsassa-pss-sha256' }, message, signature)).toBe(false);
    expect(crypto.verify(one.key, utf8('what is signeD'), signature)).toBe(false);
    expect(crypto.verify(one.key, message, signature.with(0, signature[0]! ^ 1))).toBe(false);
    expect(crypto.verify(one.key, message, signature.subarray(1))).toBe(false);
    // The same characters, cut elsewhere.
    const start = Buffer.from(signature.subarray(0, 8)).toString('latin1');
    const longer = { ...one.key, keyval: { public: `${one.key.keyval.public}${start}` } };
    expect(crypto.verify(longer, message, signature.subarray(8))).toBe(false);
  });

  it('is forgotten once so many others were verified as are remembered', async () => {
    const key = memoryKey('01'.repeat(32));
    const signed = await Promise.all(
      ['a', 'b', 'c'].map(async text => {
        const message = utf8(text);
        return { key: key.key, message, signature: await key.sign(message) };
      }),
    );
    const crypto = new VerifyingAhead(2);
    for (const check of signed) await crypto.verifyAhead([check]);
    for (const check of signed.toReversed()) expect(verify(crypto, check)).toBe(true);
    expect(native).toHaveBeenCalledTimes(1);
  });
});

it('verifies more at once than the thread pool is given at once', async () => {
  const key = memoryKey('03'.repeat(32));
  const messages = Array.from({ length: 300 }, (_, i) => utf8(`message ${i}`));
  const signed = messages.map(async message => ({
    key: key.key,
    message,
    signature: await key.sign(message),
  }));
  const crypto = new VerifyingAhead();
  await crypto.verifyAhead(await Promise.all(signed));
  const native = vi.spyOn(nativeCrypto, 'verify');
  for (const check of await Promise.all(signed)) expect(verify(crypto, check)).toBe(true);
  expect(native).not.toHaveBeenCalled();
  native.mockRestore();
});
