import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  binName,
  binOfPathHash,
  canonicalize,
  formatExpires,
  type JsonObject,
  LAST_EXPIRES_SECONDS,
  metadataFile,
  metadataFileOfBytes,
  metaFragment,
  parseExpires,
  snapshotText,
  targetFragment,
  utf8,
} from '../src/index.js';

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'a"\\\n~') }),
);

describe('the fragment of a target', () => {
  it('is the canonical JSON of its path and of what is said of it', () => {
    const target = fc.record(
      {
        length: fc.maxSafeNat(),
        sha256: text,
        sha512: text,
        yanked: fc.oneof(text, fc.constant(true as const)),
      },
      { requiredKeys: ['length', 'sha256'] },
    );
    fc.assert(
      fc.property(text, target, (path, { length, yanked, ...hashes }) => {
        const custom = yanked === undefined ? {} : { custom: { yanked } };
        const value: JsonObject = { ...custom, hashes, length };
        expect(targetFragment(path, { length, ...hashes, ...(yanked === undefined ? {} : { yanked }) })).toBe(
          `${canonicalize(path)}:${canonicalize(value)}`,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['a\ud800', 1],
    ['a', 1.5],
    ['a', -0],
  ])('of %j, %d bytes long, is none', (path, length) => {
    expect(() => targetFragment(path, { length, sha256: '00' })).toThrow();
  });
});

it('a snapshot is the same of fragments and of runs of them', () => {
  const fragments = fc.array(
    fc.nat(99).map(n => metaFragment('bins-0', n + 1)),
    { minLength: 1 },
  );
  const ledger = { origin: 'index.example.org', size: 7, rootHash: '00' };
  const render = (meta: string | readonly string[]) =>
    snapshotText({ version: 2, expires: '2026-01-01T00:00:00Z', meta, ledger });
  fc.assert(
    fc.property(fc.array(fragments, { minLength: 1 }), runs => {
      const joined = runs.map(run => run.join(','));
      expect(render(joined)).toBe(render(runs.flat().join(',')));
    }),
  );
});

it('a metadata file is the same from text and from its bytes, where it holds no control characters', () => {
  const signatures = [
    { keyid: 'b', sig: '01' },
    { keyid: 'a', sig: '02' },
  ];
  const signed = '{"a":"\u00e9","b":[1]}';
  expect(metadataFileOfBytes(utf8(signed), signatures)).toEqual(metadataFile(signed, signatures));
});

describe('a bin', () => {
  it('is named by its index in hex', () => {
    for (const count of [2, 16, 32, 256, 16_384]) {
      const width = (count - 1).toString(16).length;
      for (let bin = 0; bin < count; bin++)
        expect(binName(bin, count)).toBe(`bins-${bin.toString(16).padStart(width, '0')}`);
    }
  });

  it('is the first bits of the hash', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.integer({ min: 1, max: 14 }),
        (hash, bits) => {
          const whole = BigInt(`0x${Buffer.from(hash).toString('hex')}`);
          expect(binOfPathHash(Buffer.from(hash).toString('hex'), 2 ** bits)).toBe(
            Number(whole >> BigInt(256 - bits)),
          );
        },
      ),
    );
  });
});

it('a time of expiry comes back, whatever was formatted before', () => {
  const seconds = fc.integer({ min: 0, max: LAST_EXPIRES_SECONDS });
  fc.assert(
    fc.property(seconds, seconds, (a, b) => {
      expect([a, b, a].map(formatExpires).map(parseExpires)).toEqual([a, b, a]);
    }),
  );
});
