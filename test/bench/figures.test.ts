import { describe, expect, it } from 'vitest';
import { partOf, recordParts } from './limits/costs.js';
import { smallStateParts } from './limits/state-records.js';
import { type Figure, rateOf, ratio, reaches, sumOf, withUnit } from './report/figure.js';
import { percentile } from './statistics.js';
import { targetOf } from './targets.js';

const costs = {
  ...{
    append: 2,
    fullAppend: 3,
    flush: 1,
    sign: 0.1,
    verify: 0.2,
    fullSign: 0.3,
    fullVerify: 0.4,
    fullRead: 0.5,
  },
  ...{ hash: 0.001, row: 0.02, http: 0.6, postgresStart: 900 },
};

describe('a limit', () => {
  it('is the sum of its operations, and says which they are', () => {
    const { value, of } = sumOf([
      partOf('bin', 2, { render: 1, write: 3 }),
      { what: 'flush', count: 3, ms: 2 },
    ]);
    expect({ value, of }).toEqual({ value: 14, of: '2 × bin, 3 × flush' });
  });

  it('of a rate counts what that time is enough for', () => {
    expect(rateOf(100, [{ what: 'row', count: 100, ms: 0.5 }]).value).toBe(2_000);
  });

  it('leaves out what is not needed', () => {
    const [full, ...others] = recordParts(costs, { full: 2 });
    expect(full).toMatchObject({ what: 'full record', count: 2, ms: expect.closeTo(4.2) });
    expect(others).toEqual([]);
  });

  it("of one state has two appends in sequence, with the cut, and with the timestamp's signature", () => {
    const counts = smallStateParts(costs, 1).map(({ what, count }) => [what, count]);
    expect(counts).toEqual([
      ['record', 2],
      ['gathered record', 2],
      ['flush', 1],
    ]);
  });
});

describe('a ratio', () => {
  const limit = { value: 100, of: '' };

  it.each([
    ['ms', 250, 2.5],
    ['files/s', 40, 2.5],
  ] as const)('in %s says how many times worse than the limit a figure is', (unit, value, expected) => {
    expect(ratio({ unit, value, limit })).toBe(expected);
  });

  it('and a target know which way is better', () => {
    expect(reaches({ unit: 'ms', value: 31 }, 30)).toBe(false);
    expect(reaches({ unit: 'events/s', value: 31 }, 30)).toBe(true);
  });
});

describe('a target', () => {
  const figure = (key: string): Figure => ({
    key,
    name: '',
    unit: 'ms',
    value: 1,
    limit: { value: 200, of: '' },
  });

  it('holds for its number of bins and files alone', () => {
    expect(targetOf(figure('import'), { bins: 16_384, size: 'full', ground: 'process' })).toBe(60_000);
    expect(targetOf(figure('import'), { bins: 16_384, size: 'small', ground: 'process' })).toBeUndefined();
    expect(targetOf(figure('import'), { bins: 256, size: 'full', ground: 'process' })).toBeUndefined();
    expect(targetOf(figure('burst.100'), { bins: 16_384, size: 'small', ground: 'process' })).toBe(300);
  });

  it('may follow from the limit', () => {
    expect(targetOf(figure('reissue'), { bins: 16_384, size: 'full', ground: 'process' })).toBe(300);
  });
});

describe('numbers', () => {
  it.each([
    [0.0042, 'ms', '4.2 µs'],
    [14.23, 'ms', '14.2 ms'],
    [1_312, 'ms', '1.31 s'],
    [61_312, 'ms', '61.3 s'],
    [1_234.6, 'files/s', '1,235 files/s'],
    [1_024, 'MiB', '1,024 MiB'],
    [1.204, 'times', '1.20 times'],
  ] as const)('%d %s is shown as %s', (value, unit, text) => {
    expect(withUnit(value, unit)).toBe(text);
  });

  it('have percentiles by nearest rank', () => {
    const values = Array.from({ length: 20 }, (_, i) => 20 - i);
    expect([percentile(values, 50), percentile(values, 95), percentile([7], 95)]).toEqual([10, 19, 7]);
  });
});
