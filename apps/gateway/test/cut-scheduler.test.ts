import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLog } from '#host';
import { nativeCrypto } from '#signing';
import { CutScheduler } from '../src/cut-scheduler.js';
import type { Publisher } from '../src/publisher.js';
import type { KnownStates } from '../src/state-watch.js';

type Parts = ConstructorParameters<typeof CutScheduler>[0];

const POLICY = { cutInterval: 1, overlap: 1 };
const POSITION = 7;
/** A state is complete, and something has changed since. */
const DUE = {
  lastCut: { state: 1, at: 0, position: 1, policy: POLICY },
  complete: { state: 1, at: 0, cut: 1, position: 2 },
  needs: { changed: 5 },
} as unknown as KnownStates;

/** A scheduler over what `look` gives and what Postgres says of the cut that it appends. */
function stage(look: () => Promise<KnownStates>, query: () => unknown) {
  let signal: AbortSignal | undefined;
  const parts = {
    sources: { root: { query: async () => query() } },
    prefix: 'tuf',
    watermarks: {
      position: () => 0,
      reach: async (_schema: string, position: number, ending: AbortSignal) => {
        signal = ending;
        return position;
      },
    },
    crypto: nativeCrypto,
    report: silentLog,
    states: { mark: () => 'same', look, nextChange: async () => undefined },
    intervalMs: 0,
    queued: () => 0,
  } as unknown as Parts;
  const publisher = {
    sizeAtStart: async () => 0,
    publish: async () => [{ position: POSITION, event: 0 }],
  } as unknown as Publisher;
  return { scheduler: new CutScheduler(parts, publisher), signal: () => signal! };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a resting scheduler of cuts', () => {
  it('leaves no listener behind, however often the store fails', async () => {
    let looks = 0;
    const failing = async () => {
      looks++;
      throw new Error('The scripted loss of Postgres.');
    };
    const { scheduler, signal } = stage(failing, () => []);
    scheduler.start();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(looks).toBeGreaterThan(10);
    expect(getEventListeners(signal(), 'abort').length).toBeLessThan(2);
    await scheduler.stop();
    expect(getEventListeners(signal(), 'abort')).toEqual([]);
  });

  it('does not begin to rest when it has to end', async () => {
    const rejected = { position: POSITION, event: 0, entry: -1, result: 'rejected', code: 'cut-early' };
    let stopped: Promise<void> | undefined;
    const { scheduler } = stage(
      async () => DUE,
      () => {
        stopped ??= scheduler.stop();
        return [rejected];
      },
    );
    scheduler.start();
    await vi.advanceTimersByTimeAsync(100);
    let isEnded = false;
    void stopped?.then(() => {
      isEnded = true;
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(scheduler.cuts).toEqual({ applied: 0, rejected: 1 });
    expect(isEnded).toBe(true);
  });
});
