import { expect, it } from 'vitest';
import { toHex, utf8 } from '#tuf';
import { readVectors } from '../../tuf/test/vectors.js';
import { memoryKey } from '../src/index.js';
import { signingKeyContract } from './signing-key.contract.js';

interface Vectors {
  ed25519: { seed_hex: string; public_hex: string; keyid: string };
  timestamp_vector: { signed_canonical: string; ed25519_sig_hex: string };
}

const { ed25519, timestamp_vector: timestamp } = readVectors<Vectors>('tuf.json');

signingKeyContract('memory key', async () => memoryKey(ed25519.seed_hex));

it('is the key of its seed', async () => {
  const signer = memoryKey(ed25519.seed_hex);
  expect(signer.key.keyval.public).toBe(ed25519.public_hex);
  expect(signer.keyid).toBe(ed25519.keyid);
  expect(toHex(await signer.sign(utf8(timestamp.signed_canonical)))).toBe(timestamp.ed25519_sig_hex);
});

it.each(['', '00', 'zz'.repeat(32), '00'.repeat(33)])('refuses the seed %j', seed => {
  expect(() => memoryKey(seed)).toThrow();
});
