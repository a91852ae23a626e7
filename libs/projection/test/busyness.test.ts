import { describe, expect, it } from 'vitest';
import { joinedBusyness, NO_RECORDS, recordsAfter, type Step } from '../src/index.js';

/** Steps at positions from `first` on, of the owners of their events. */
const steps = (first: number, ...owners: string[]): Step[] =>
  owners.map((owner, i) => ({ position: first + i, events: [{ owner }] }) as unknown as Step);

describe('recordsAfter', () => {
  type Said = 'file' | 'files and cut' | 'cut' | 'other';
  /** Records; then those that the last cut covered, and those since. */
  const cases: [readonly Said[], number, number][] = [
    [[], 0, 0],
    [['other'], 0, 0],
    [['file', 'other', 'file'], 0, 2],
    [['file', 'file', 'cut'], 2, 0],
    [['file', 'files and cut', 'file'], 2, 1],
    [['file', 'file', 'cut', 'file', 'other'], 2, 1],
    // A state that died: what it covered counts for it alone.
    [['file', 'file', 'cut', 'file', 'cut'], 1, 0],
  ];

  it.each(cases)('after %j gives %i and %i, however the records are batched', (said, covered, since) => {
    const owners = said.map(what => (what.includes('file') ? 'bin' : 'root'));
    const cuts = said.flatMap((what, position) => (what.includes('cut') ? [{ position }] : []));
    expect(recordsAfter(NO_RECORDS, steps(0, ...owners), cuts)).toEqual({ covered, since });
    const singly = owners.reduce(
      (records, owner, position) => recordsAfter(records, steps(position, owner), cuts),
      NO_RECORDS,
    );
    expect(singly).toEqual({ covered, since });
  });
});

describe('joinedBusyness', () => {
  it('adds the bins, and takes the records from the shard that has come farthest', () => {
    const shards = [
      { covered: 3, since: 7, incomplete: 2 },
      { covered: 3, since: 9, incomplete: 5 },
    ];
    expect(joinedBusyness(shards)).toEqual({ covered: 3, since: 9, incomplete: 7 });
  });
});
