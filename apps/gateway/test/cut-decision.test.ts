import { describe, expect, it } from 'vitest';
import type { Policy } from '#ledger';
import { dueLead } from '#projection';
import { portableCrypto } from '#tuf';
import { type CutSituation, decideCut, INCOMPLETE_LIMIT_MS } from '../src/cut-decision.js';

const DAY = 86_400;
const lifetime = { lifetime: DAY, window: DAY / 2 };
const policy: Policy = {
  hashBins: lifetime,
  snapshot: lifetime,
  timestamp: lifetime,
  cutInterval: 10,
  overlap: 0,
};
const lastCut = { state: 7, at: 1_000_000, position: 50 };
const root = { lastCut, policy, changed: 2, killed: -1 };
const quiet: CutSituation = {
  now: 1_000_500,
  root,
  completeState: 7,
  needs: { changed: 20 },
  intervalMs: 0,
};
const decide = (situation: Partial<CutSituation>) => decideCut({ ...quiet, ...situation }, portableCrypto);

describe('decideCut', () => {
  it('cuts the first state at once', () => {
    const first = { cut: { type: 'cut', state: 1, at: 1_000_500 } };
    expect(decide({ root: undefined, completeState: 0 })).toEqual(first);
    expect(decide({ root: { policy, changed: 2, killed: -1 }, completeState: 0 })).toEqual(first);
  });

  it('cuts when something changed after the last cut', () => {
    expect(decide({ needs: { changed: 51 } })).toEqual({ cut: { type: 'cut', state: 8, at: 1_000_500 } });
    expect(decide({ needs: { changed: 49 } })).toHaveProperty('waitMs');
  });

  it('cuts when trust, policy or clock changed, and does not wait for a state that a root ended', () => {
    expect(decide({ root: { ...root, changed: 51 } })).toHaveProperty('cut');
    const incomplete = { completeState: 6, root: { ...root, changed: 51 } };
    expect(decide(incomplete)).toHaveProperty('waitMs');
    expect(decide({ ...incomplete, root: { ...root, changed: 51, killed: 51 } })).toHaveProperty('cut');
  });

  it("keeps the longer one of its own interval and the policy's", () => {
    const changed = { needs: { changed: 51 } };
    expect(decide({ ...changed, now: 1_000_004 })).toEqual({ waitMs: 6 });
    expect(decide({ ...changed, intervalMs: 2_000 })).toEqual({ waitMs: 1_500 });
    expect(decide({ ...changed, intervalMs: 500 })).toHaveProperty('cut');
  });

  it('waits for an incomplete state, but not for ever', () => {
    const incomplete = { completeState: 6, needs: { changed: 51 } };
    expect(decide(incomplete)).toEqual({ waitMs: INCOMPLETE_LIMIT_MS - 500 });
    const now = lastCut.at + INCOMPLETE_LIMIT_MS;
    expect(decide({ ...incomplete, now })).toEqual({ cut: { type: 'cut', state: 8, at: now } });
  });

  it('cuts when the first role falls due, at that very second', () => {
    const lead = Math.max(...['snapshot', 'timestamp'].map(role => dueLead(role, DAY / 2, portableCrypto)));
    const due = (1_000 + DAY - lead) * 1000;
    expect(decide({})).toEqual({ waitMs: due - quiet.now });
    expect(decide({ now: due - 1 })).toEqual({ waitMs: 1 });
    expect(decide({ now: due })).toEqual({ cut: { type: 'cut', state: 8, at: due } });
    expect(decide({ needs: { changed: 20, due: 2_000 } })).toEqual({ waitMs: 2_000_000 - quiet.now });
    expect(decide({ needs: { changed: 20, due: 1_000 } })).toHaveProperty('cut');
  });

  describe('of a busy ledger', () => {
    const idle = {
      covered: 4,
      since: 0,
      expected: 8,
      completeAt: 0,
      arrivedAt: 0,
      progressAt: 0,
    };
    const changed = { needs: { changed: 51 } };
    /** Its last state took `took` milliseconds, and a record has just come. */
    const busy = (took: number, more: Partial<NonNullable<CutSituation['busy']> & { now: number }> = {}) => {
      const completeAt = lastCut.at + took;
      const { now = completeAt, arrivedAt = now, ...rest } = more;
      return decide({
        ...changed,
        now,
        busy: { ...idle, since: 1, completeAt, arrivedAt, ...rest },
      });
    };

    it('waits for the records that are expected, half as long as the last state took', () => {
      expect(busy(400)).toEqual({ waitMs: 200 });
      expect(busy(400, { now: lastCut.at + 600 })).toHaveProperty('cut');
      expect(busy(400, { since: 8 })).toHaveProperty('cut');
      expect(busy(400, { expected: 1 })).toHaveProperty('cut');
    });

    it('waits for nobody when nothing has come for a while', () => {
      expect(busy(1_200, { arrivedAt: lastCut.at + 800 })).toEqual({ waitMs: 100 });
      expect(busy(3_600_000)).toEqual({ waitMs: 500 });
      expect(busy(8_000, { since: 100, arrivedAt: lastCut.at + 7_500 })).toHaveProperty('cut');
    });

    it('lets a stream come in twice as long as a long state took, though all that were expected have come', () => {
      const stream = { since: 100 };
      expect(busy(8_000, { ...stream, now: lastCut.at + 24_000 - 100 })).toEqual({ waitMs: 100 });
      expect(busy(8_000, { ...stream, now: lastCut.at + 24_000 })).toHaveProperty('cut');
      expect(busy(60_000, { ...stream, now: lastCut.at + 90_000 })).toHaveProperty('cut');
      expect(busy(900, stream)).toHaveProperty('cut');
      expect(busy(8_000, { since: 99 })).toHaveProperty('cut');
    });

    it('takes no stream for one after the first state, which issues all bins whatever comes', () => {
      expect(busy(8_000, { covered: 0, since: 100 })).toHaveProperty('cut');
    });

    it('waits for an incomplete state as long as something of it is completed', () => {
      const incomplete = { ...changed, completeState: 6, now: lastCut.at + 40_000 };
      const progress = (progressAt: number) => decide({ ...incomplete, busy: { ...idle, progressAt } });
      expect(progress(lastCut.at + 15_000)).toEqual({ waitMs: 5_000 });
      expect(progress(lastCut.at + 10_000)).toHaveProperty('cut');
      expect(progress(lastCut.at + 3_600_000)).toEqual({ waitMs: INCOMPLETE_LIMIT_MS });
    });

    it('is not held up by a clock that was set back', () => {
      expect(busy(-3_600_000, { now: quiet.now })).toHaveProperty('cut');
    });
  });

  it('is not hurried by a clock that was set back', () => {
    expect(decide({ now: lastCut.at - 5_000, needs: { changed: 51 } })).toEqual({ waitMs: 5_010 });
  });
});
