import { constants, createPublicKey, verify } from 'node:crypto';
import { expect, it } from 'vitest';
import { fromHex, type Key } from '#tuf';
import { cryptoContract } from '../../tuf/test/crypto.contract.js';
import { readVectors } from '../../tuf/test/vectors.js';
import { nativeCrypto, verifyAsync } from '../src/index.js';

interface Vector {
  name: string;
  valid: boolean;
  key: Key;
  message: string;
  signature: string;
}

const edges = readVectors<Vector[]>('signature-edges.json');

cryptoContract('native', nativeCrypto);

it('gives the same verdicts on the thread pool', async () => {
  const verdicts = edges.map(edge => verifyAsync(edge.key, fromHex(edge.message), fromHex(edge.signature)));
  expect(await Promise.all(verdicts)).toEqual(edges.map(edge => edge.valid));
});

it('is needed: OpenSSL alone takes keys that the rule refuses', () => {
  const names = ['A is the identity, y = p + 1', 'A of order 8', 'A of mixed order, equation holds'];
  for (const name of names) {
    const edge = find(`ed25519: ${name}`);
    const spki = Buffer.from(`302a300506032b6570032100${edge.key.keyval.public}`, 'hex');
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    expect(verify(null, fromHex(edge.message), publicKey, fromHex(edge.signature))).toBe(true);
    expect(nativeCrypto.verify(edge.key, fromHex(edge.message), fromHex(edge.signature))).toBe(false);
  }
});

it('is needed: OpenSSL alone takes an RSA signature that is too short', () => {
  const { key, message, signature } = find('rsa: leading zero byte left out');
  const options = { key: key.keyval.public, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  expect(verify('sha256', fromHex(message), options, fromHex(signature))).toBe(true);
  expect(nativeCrypto.verify(key, fromHex(message), fromHex(signature))).toBe(false);
});

function find(name: string): Vector {
  return edges.find(edge => edge.name === name)!;
}
