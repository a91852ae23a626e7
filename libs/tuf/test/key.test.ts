import { describe, expect, it } from 'vitest';
import { canonicalize, type Json, type JsonObject, keyid, parseKey, portableCrypto } from '../src/index.js';
import { readVectors } from './vectors.js';

interface KeyVector {
  name: string;
  key: JsonObject;
  canonical: string;
  keyid: string;
}

interface EdgeVector {
  name: string;
  key: JsonObject;
}

const vectors = readVectors<{ keyids: KeyVector[] }>('tuf.json').keyids;
const edges = readVectors<EdgeVector[]>('signature-edges.json');
const ed25519 = vectors[0]!.key;
const ecdsa = vectors.find(vector => vector.key.keytype === 'ecdsa')!.key;

describe('keyid', () => {
  it.each(vectors)('$name', vector => {
    const key = parseKey(vector.key);
    expect(canonicalize(key)).toBe(vector.canonical);
    expect(keyid(key, portableCrypto)).toBe(vector.keyid);
  });
});

describe('parseKey', () => {
  it.each<[string, Json, string]>([
    ['no object', 'key', 'key-malformed'],
    ['an array', [], 'key-malformed'],
    ['null', null, 'key-malformed'],
    ['no keyval', { keytype: 'ed25519', scheme: 'ed25519' }, 'key-malformed'],
    ['a public part that is no string', { ...ed25519, keyval: { public: 1 } }, 'key-malformed'],
    ['a scheme that is no string', { ...ed25519, scheme: null }, 'key-malformed'],
    ['another key type', { ...ed25519, keytype: 'ed448' }, 'key-unsupported'],
    ['another scheme', { ...ecdsa, scheme: 'ecdsa-sha2-nistp384' }, 'key-unsupported'],
    ['a key type that is not the scheme’s', { ...ed25519, keytype: 'ecdsa' }, 'key-unsupported'],
    ['hex where PEM belongs', { ...ecdsa, keyval: ed25519.keyval! }, 'key-malformed'],
    ['PEM where hex belongs', { ...ed25519, keyval: ecdsa.keyval! }, 'key-malformed'],
    ['PEM without end', { ...ecdsa, keyval: { public: 'A'.repeat(3000) } }, 'key-malformed'],
    [
      'empty PEM',
      { ...ecdsa, keyval: { public: '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n' } },
      'key-malformed',
    ],
  ])('refuses %s', (_, json, code) => {
    expect(() => parseKey(json)).toThrow(expect.objectContaining({ name: 'TufError', code }));
  });

  const unusable = /^ed25519: A|^ecdsa: key (?!type)|^rsa: (key|1024|exponent)/;
  it.each(edges.filter(edge => unusable.test(edge.name)))('refuses $name', ({ key }) => {
    expect(() => parseKey(key)).toThrow(expect.objectContaining({ name: 'TufError' }));
  });

  it.each(edges.filter(edge => !unusable.test(edge.name)))('takes the key of $name', ({ key }) => {
    expect(parseKey(key)).toEqual(key);
  });

  it('keeps further fields', () => {
    const key = { ...ed25519, 'x-owner': 'a', keyval: { ...(ed25519.keyval as JsonObject), private: '' } };
    expect(parseKey(key)).toEqual(key);
    expect(keyid(parseKey(key), portableCrypto)).not.toBe(vectors[0]!.keyid);
  });

  it('says what is wrong', () => {
    const key = edges.find(edge => edge.name === 'ed25519: A of mixed order, equation holds')!.key;
    expect(() => parseKey(key)).toThrow(/not in the group of order L/);
  });
});
