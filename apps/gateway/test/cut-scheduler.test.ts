import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChangeSignal, silentLog } from '#host';
import { newRootState } from '#projection';
import { nativeCrypto } from '#signing';
import { CutScheduler } from '../src/cut-scheduler.js';
import type { Publisher } from '../src/publisher.js';
import type { KnownStates } from '../src/state-watch.js';

type Parts = ConstructorParameters<typeof CutScheduler>[0];

const POLICY = { cutInterval: 1, overlap: 1 };
const POSITION = 7;
/** A state is complete, and something has changed since. */
const DUE = {
  root: { ...newRootState(), lastCut: { state: 1, at: 0, position: 1 }, policy: POLICY },
  complete: { state: 1, at: 0, cut: 1, position: 2 },
  needs: { changed: 5 },
} as unknown as KnownStates;

/** A scheduler over what `look` gives and what Postgres says of the cut that it appends. */
function stage(look: () => Promise<KnownStates>, query: () => unknown) {
  let signal: AbortSignal | undefined;
  const cuts: number[] = [];
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
    states: {
      mark: () => 'same',
      look,
      nextChange: (signal: AbortSignal, ms: number) => new ChangeSignal().next(signal, ms),
    },
    intervalMs: 0,
    queued: () => 0,
  } as unknown as Parts;
  const publisher = {
    sizeAtStart: async () => 0,
    publish: async () => {
      cuts.push(Date.now());
      return [{ position: POSITION, event: 0 }];
    },
  } as unknown as Publisher;
  return { scheduler: new CutScheduler(parts, publisher), signal: () => signal!, cuts };
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
    await vi.advanceTimersByTimeAsync(300);
    let isEnded = false;
    void stopped?.then(() => {
      isEnded = true;
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(scheduler.cuts).toEqual({ applied: 0, rejected: 1 });
    expect(isEnded).toBe(true);
  });
});

describe('a scheduler of cuts whose last state is not complete', () => {
  const SECOND_MS = 1_000;

  /** Looks each second at a state of which a bin becomes complete every 20 s for so many seconds; gives when it was cut anew. */
  async function cutsAfter(progressSeconds: number): Promise<number[]> {
    const began = Date.now();
    const seconds = () => Math.floor((Date.now() - began) / SECOND_MS);
    const lastCut = { state: 2, at: began, position: 3 };
    const root = { ...newRootState(), lastCut, policy: POLICY };
    const incomplete = () => 1_000 - Math.floor(Math.min(seconds(), progressSeconds) / 20);
    const look = async () =>
      ({
        ...DUE,
        root,
        needs: { changed: 5, busy: { covered: 9, since: 1, incomplete: incomplete() } },
      }) as KnownStates;
    const { scheduler, cuts } = stage(look, () => []);
    scheduler.start();
    await vi.advanceTimersByTimeAsync(150 * SECOND_MS);
    const ended = scheduler.stop();
    await vi.advanceTimersByTimeAsync(60 * SECOND_MS);
    await ended;
    return cuts.map(at => (at - began) / SECOND_MS);
  }

  it('waits while bins of it become complete, and gives it up half a minute after the last', async () => {
    const [first] = await cutsAfter(100);
    expect(first).toBeGreaterThanOrEqual(130);
    expect((await cutsAfter(0))[0]).toBeGreaterThanOrEqual(30);
    expect((await cutsAfter(0))[0]).toBeLessThan(60);
  });
});
