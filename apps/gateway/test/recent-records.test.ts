import { describe, expect, it } from 'vitest';
import type { ServiceEffects } from '#host';
import { APPLIED, rejected, UNCHANGED } from '#ledger';
import type { CompleteState } from '#projection';
import { RecentRecords } from '../src/recent-records.js';

/** More than half a window may hold. */
const FULL = 50_001;

const NOTHING: ServiceEffects = { outcomes: [], drafted: [], completed: [] };
const draft = (role: string, version: number, position: number) => ({
  role,
  version,
  position,
  expires: 9,
  sha256: '',
  text: '',
});
const completion = (role: string, version: number, position: number) => ({
  role,
  version,
  position,
  signatures: [],
});
const state = (number: number, cut: number): CompleteState => ({
  state: number,
  at: 0,
  cut,
  position: cut + 3,
  root: 1,
  rootsBefore: 1,
});
const unchanged = (position: number) => ({ position, event: 0, verdict: UNCHANGED });
/** So many events of one record that changed nothing. */
const many = (position: number, count = FULL): ServiceEffects => ({
  ...NOTHING,
  outcomes: Array.from({ length: count }, (_, event) => ({ position, event, verdict: UNCHANGED })),
});

/** A window from position 10 on whose older half ends before position 20. */
function halves(): RecentRecords {
  const recent = new RecentRecords(10);
  recent.add({
    outcomes: [unchanged(11)],
    drafted: [draft('bins-0', 1, 12), draft('bins-0', 2, 14), draft('bins-1', 1, 12)],
    completed: [completion('bins-1', 1, 13)],
    states: [state(1, 12)],
  });
  recent.add(many(15));
  recent.closed(20);
  recent.add({
    outcomes: [unchanged(21)],
    drafted: [draft('bins-0', 3, 22)],
    completed: [completion('bins-0', 2, 21), completion('bins-0', 3, 23)],
    states: [state(3, 22)],
  });
  return recent;
}

describe('a window on the newest records', () => {
  it('keeps what a row would be written of', () => {
    const recent = new RecentRecords(0);
    recent.add({
      ...NOTHING,
      outcomes: [
        { position: 1, event: 0, verdict: APPLIED },
        { position: 1, event: 1, entry: 2, verdict: rejected('path-taken', 'six\0'), role: 'bins-0' },
        { position: 2, event: 0, verdict: UNCHANGED },
      ],
    });
    expect(recent.outcomes(0, 1)).toEqual([
      {
        position: 1,
        event: 1,
        entry: 2,
        result: 'rejected',
        code: 'path-taken',
        detail: 'six\ufffd',
        role: 'bins-0',
      },
    ]);
    expect(recent.outcomes(2, 2)).toMatchObject([
      { position: 2, entry: -1, result: 'unchanged', role: null },
    ]);
  });

  it('answers from both halves, oldest first', () => {
    const recent = halves();
    expect(recent.from).toBe(10);
    expect(recent.outcomes(10, 14)).toHaveLength(1);
    expect(recent.outcomes(11, 21)).toHaveLength(FULL + 2);
    expect(recent.statesBetween(10, 11)).toEqual([state(1, 12)]);
    expect(recent.statesBetween(10, 12)).toEqual([state(1, 12), state(3, 22)]);
    expect(recent.statesBetween(12, 50)).toEqual([state(3, 22)]);
    expect(recent.statesBetween(22, 50)).toEqual([]);
  });

  it('gives the first version after a position that was completed, whichever half holds it', () => {
    const recent = halves();
    const after = (role: string, position: number, until = 99) =>
      recent.versionsAfter([{ role, position }], until)[0];
    // bins-0 1 died; bins-0 2 was drafted in the older half and completed in the newer one.
    expect(after('bins-0', 10)).toBe(2);
    expect(after('bins-0', 14)).toBe(3);
    expect(after('bins-0', 14, 21)).toBeUndefined();
    expect(after('bins-0', 22)).toBeUndefined();
    expect(after('bins-1', 11)).toBe(1);
    expect(after('bins-2', 10)).toBeUndefined();
  });

  it('forgets the older half when the newer one is full, and not before', () => {
    const recent = halves();
    recent.closed(30);
    expect(recent.from).toBe(10);
    recent.add(many(31));
    recent.closed(32);
    expect(recent.from).toBe(20);
    expect(recent.outcomes(0, 19)).toEqual([]);
    expect(recent.outcomes(20, 30)).toHaveLength(1);
    expect(recent.statesBetween(20, 50)).toEqual([state(3, 22)]);
    // Complete as the older half's was, though what completed it came later.
    expect(recent.versionsAfter([{ role: 'bins-0', position: 20 }], 99)).toEqual([3]);
  });

  it('is as small for drafts and states as for outcomes', () => {
    const recent = new RecentRecords(0);
    const states = Array.from({ length: 30_000 }, (_, i) => state(i, i));
    const drafted = states.map(({ cut }) => draft('bins-0', cut, cut));
    recent.add({ ...NOTHING, states, drafted });
    recent.closed(40_000);
    recent.add({ ...many(40_000) });
    recent.closed(50_000);
    expect(recent.from).toBe(40_000);
    expect(recent.statesBetween(0, 99_999)).toEqual([]);
  });

  it('holds what many small batches bring, too', () => {
    const recent = new RecentRecords(0);
    for (let position = 0; position < 2 * FULL + 1; position++) {
      recent.add({ ...NOTHING, outcomes: [unchanged(position)] });
      recent.closed(position + 1);
    }
    expect(recent.from).toBe(FULL);
    expect(recent.outcomes(0, 3 * FULL)).toHaveLength(FULL + 1);
  });
});
