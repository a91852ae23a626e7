import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { hashes, verify } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { expect, it } from 'vitest';
import { fromHex, type Key, portableCrypto } from '../src/index.js';
import { cryptoContract } from './crypto.contract.js';
import { readVectors } from './vectors.js';

cryptoContract('portable', portableCrypto);

it('is needed: the library alone takes what the rule refuses', () => {
  hashes.sha512 = sha512;
  const names = ['R of order 8', 'R of mixed order', 'A of mixed order, only the cofactored equation holds'];
  for (const name of names) {
    const { key, message, signature } = edge(`ed25519: ${name}`);
    const publicKey = fromHex(key.keyval.public);
    expect(verify(fromHex(signature), fromHex(message), publicKey, { zip215: false })).toBe(true);
    expect(portableCrypto.verify(key, fromHex(message), fromHex(signature))).toBe(false);
  }
});

it('has the vectors that their generator writes', () => {
  const tool = fileURLToPath(new URL('../../../tools/signature-edges.mjs', import.meta.url));
  const vectors = new URL('../../../test/data/vectors/signature-edges.json', import.meta.url);
  expect(execFileSync(process.execPath, [tool, '--stdout'], { encoding: 'utf8' })).toBe(
    readFileSync(vectors, 'utf8'),
  );
});

function edge(name: string): { key: Key; message: string; signature: string } {
  const all =
    readVectors<{ name: string; key: Key; message: string; signature: string }[]>('signature-edges.json');
  return all.find(vector => vector.name === name)!;
}
