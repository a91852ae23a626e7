import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  coverAllBins,
  joinedNeeds,
  parseShardChoice,
  type Shard,
  shardOf,
  shardsOverlap,
  shardText,
  WHOLE,
} from '#projection';

const END = WHOLE.last;

describe('a choice of a shard', () => {
  it.each([
    ['1/1', { nth: 1, of: 1 }],
    ['2/3', { nth: 2, of: 3 }],
    ['16384/16384', { nth: 16_384, of: 16_384 }],
  ])('is read from %s', (text, choice) => {
    expect(parseShardChoice(text)).toEqual(choice);
  });

  it.each(['', '1', '0/2', '3/2', '1/0', '01/2', '1/2 ', '-1/2', '1.5/2', '1/2/3', '1/100000'])(
    'is none in %j',
    text => {
      expect(parseShardChoice(text)).toBeUndefined();
    },
  );

  it.each<[number, number, number, Shard | undefined]>([
    [1, 1, 256, WHOLE],
    [1, 2, 256, { first: 0, last: 127 }],
    [2, 2, 256, { first: 128, last: END }],
    [2, 3, 16, { first: 5, last: 9 }],
    [2, 2, 2, { first: 1, last: END }],
    [1, 3, 2, undefined],
  ])('%i of %i gives its range of %i bins', (nth, of, count, shard) => {
    expect(shardOf({ nth, of }, count)).toEqual(shard);
  });

  it('gives shards that cover all bins once, and differ by one bin at most', () => {
    const counts = fc.integer({ min: 1, max: 14 }).map(bits => 2 ** bits);
    const choices = counts.chain(count => fc.tuple(fc.constant(count), fc.integer({ min: 1, max: count })));
    fc.assert(
      fc.property(choices, ([count, of]) => {
        const shards = Array.from({ length: of }, (_, i) => shardOf({ nth: i + 1, of }, count)!);
        expect(coverAllBins(shards)).toBe(true);
        const lengths = shards.map(({ first, last }) => Math.min(last, count - 1) - first + 1);
        expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
        expect(Math.min(...lengths)).toBeGreaterThan(0);
      }),
    );
  });
});

describe('shards', () => {
  const ranges: readonly (readonly [string, readonly Shard[], boolean])[] = [
    ['none', [], false],
    ['the whole', [WHOLE], true],
    [
      'halves, in any order',
      [
        { first: 8, last: END },
        { first: 0, last: 7 },
      ],
      true,
    ],
    [
      'with a gap',
      [
        { first: 0, last: 6 },
        { first: 8, last: END },
      ],
      false,
    ],
    [
      'that overlap',
      [
        { first: 0, last: 8 },
        { first: 8, last: END },
      ],
      false,
    ],
    ['without the first bin', [{ first: 1, last: END }], false],
    ['without an end', [{ first: 0, last: 15 }], false],
  ];

  it.each(ranges)('%s', (_, shards, whole) => {
    expect(coverAllBins(shards)).toBe(whole);
  });

  it('overlap where they have a bin in common', () => {
    expect(shardsOverlap({ first: 0, last: 3 }, { first: 3, last: 5 })).toBe(true);
    expect(shardsOverlap({ first: 0, last: 3 }, { first: 4, last: 5 })).toBe(false);
    expect(shardsOverlap(WHOLE, { first: 7, last: 7 })).toBe(true);
  });

  it('have names', () => {
    const named = [WHOLE, { first: 4, last: END }, { first: 4, last: 7 }, { first: 4, last: 4 }];
    expect(named.map(shardText)).toEqual(['all bins', 'bins 4 and above', 'bins 4 to 7', 'bin 4']);
  });
});

describe('what the bins of several shards give a cut to do', () => {
  it('is the newest change of all, and what falls due first', () => {
    expect(joinedNeeds([{ changed: 3, due: 90 }, { changed: -1 }, { changed: 7, due: 80 }])).toEqual({
      changed: 7,
      due: 80,
    });
    expect(joinedNeeds([{ changed: -1 }, { changed: -1 }])).toEqual({ changed: -1 });
  });
});
