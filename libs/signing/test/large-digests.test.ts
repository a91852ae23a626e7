import { describe, expect, it } from 'vitest';
import { LargeDigests } from '../src/large-digests.js';

const LARGE = 70_000;

function counted() {
  const hashed: (string | Uint8Array)[] = [];
  const digests = new LargeDigests((input: string | Uint8Array) => hashed.push(input));
  return { digests, hashed };
}

describe('LargeDigests', () => {
  it('hashes equal large inputs once, texts and bytes apart', () => {
    const { digests, hashed } = counted();
    for (const make of [() => 'a'.repeat(LARGE), () => new Uint8Array(LARGE).fill(97)])
      expect(digests.of(make())).toBe(digests.of(make()));
    expect(hashed.length).toBe(2);
  });

  it('tells inputs apart that differ in one place or in length', () => {
    const { digests } = counted();
    const bytes = new Uint8Array(LARGE);
    const other = bytes.slice();
    other[LARGE - 1] = 1;
    const all = [bytes, other, bytes.subarray(1), '0'.repeat(LARGE), `${'0'.repeat(LARGE - 1)}1`];
    expect(new Set(all.map(input => digests.of(input))).size).toBe(all.length);
  });

  it('forgets all but the last few, and keeps no small ones', () => {
    const { digests, hashed } = counted();
    for (let round = 0; round < 2; round++) for (let i = 0; i < 5; i++) digests.of(String(i).repeat(LARGE));
    for (let round = 0; round < 2; round++) digests.of('small');
    expect(hashed.length).toBe(12);
  });
});
