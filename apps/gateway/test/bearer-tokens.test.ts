import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BearerTokens } from '../src/bearer-tokens.js';

const sha256 = (token: string) => createHash('sha256').update(token).digest('hex');
const entry = { name: 'index', sha256: sha256('secret'), permissions: ['index', 'relay'] };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuf-ledger-tokens-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(text: string): Promise<BearerTokens> {
  const file = join(folder, 'tokens.json');
  await writeFile(file, text);
  const tokens = new BearerTokens();
  await tokens.load(file);
  return tokens;
}

describe('BearerTokens', () => {
  it('knows a token by its hash, with its permissions', async () => {
    const other = { name: 'other', sha256: sha256('another'), permissions: [] };
    const tokens = await load(JSON.stringify({ tokens: [entry, other] }));
    expect(tokens.identify('secret')).toEqual({ name: 'index', permissions: new Set(['index', 'relay']) });
    expect(tokens.identify('another')?.permissions.size).toBe(0);
    for (const wrong of ['', 'Secret', 'secret ', sha256('secret')])
      expect(tokens.identify(wrong)).toBeUndefined();
  });

  it('knows nobody before the file was read', () => {
    expect(new BearerTokens().identify('secret')).toBeUndefined();
  });

  it.each([
    ['is no JSON', '{'],
    ['has no list', '{}'],
    ['is null', 'null'],
    ['has an entry that is no object', '{"tokens":[1]}'],
    ['has an unnamed entry', JSON.stringify({ tokens: [{ ...entry, name: '' }] })],
    ['has a token in the clear', JSON.stringify({ tokens: [{ ...entry, sha256: 'secret' }] })],
    ['has an unknown permission', JSON.stringify({ tokens: [{ ...entry, permissions: ['admin'] }] })],
    ['has permissions that are no list', JSON.stringify({ tokens: [{ ...entry, permissions: 'index' }] })],
  ])('stops the start where the file %s', async (_name, text) => {
    await expect(load(text)).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('tokens.json'),
    });
  });

  it('stops the start where there is no file', async () => {
    await expect(new BearerTokens().load(join(folder, 'none.json'))).rejects.toMatchObject({
      code: 'config-invalid',
    });
  });
});
