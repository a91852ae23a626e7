import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Dependencies, Dependency } from '../src/dependency.js';

const START = Date.UTC(2030, 0, 1);
const at = (ms: number) => new Date(START + ms).toISOString();

beforeEach(() => vi.useFakeTimers({ now: START }));
afterEach(() => vi.useRealTimers());

/** A dependency that answers as `answer` says. */
function log(answer: () => Promise<unknown>) {
  const ask = vi.fn(answer);
  const dependency = new Dependency('log', 'The log', ask);
  return { ask, dependency, all: new Dependencies([dependency]) };
}

describe('what a service stands on', () => {
  it('is away until it was asked', () => {
    const { dependency } = log(async () => undefined);
    expect(dependency.answers).toBe(false);
    expect(dependency.fault).toBe(`The log has not answered since ${at(0)}: It was not asked yet.`);
  });

  it('is asked all the time, and says since when it answers or does not', async () => {
    let reason: string | undefined;
    const { dependency, all } = log(async () => {
      if (reason) throw new Error(reason);
    });
    all.start();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await all.look()).toEqual({
      reasons: [],
      members: { dependencies: [{ name: 'log', answers: true, since: at(0) }] },
    });
    reason = 'Connection refused.';
    await vi.advanceTimersByTimeAsync(2_000);
    reason = 'Still refused.';
    await vi.advanceTimersByTimeAsync(2_000);
    expect(dependency.fault).toBe(`The log has not answered since ${at(12_000)}: Still refused.`);
    reason = undefined;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(dependency.fault).toBeUndefined();
    expect(dependency.since).toBe(at(16_000));
    all.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is asked again by who looks while it is away, not by who looks while it answers', async () => {
    let isThere = false;
    const { ask, all } = log(async () => {
      if (!isThere) throw new Error('No.');
    });
    expect((await all.look()).reasons).toHaveLength(1);
    isThere = true;
    expect((await all.look()).reasons).toEqual([]);
    await all.look();
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('counts as away when it does not answer in time, and is not asked again before it has answered', async () => {
    let answer: () => void = () => undefined;
    const { ask, dependency, all } = log(
      () =>
        new Promise<void>(resolve => {
          answer = resolve;
        }),
    );
    all.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(dependency.fault).toContain('No answer within 5000 ms.');
    expect(ask).toHaveBeenCalledTimes(1);
    answer();
    await vi.advanceTimersByTimeAsync(5_000);
    answer();
    await vi.advanceTimersByTimeAsync(1);
    expect(dependency.answers).toBe(true);
    all.stop();
  });

  it('is 1 or 0 in the metrics', async () => {
    const { all } = log(async () => undefined);
    const registry = new Registry();
    all.measure(registry);
    expect(await registry.metrics()).toContain('tuf_ledger_dependency_up{dependency="log"} 0');
    await all.look();
    expect(await registry.metrics()).toContain('tuf_ledger_dependency_up{dependency="log"} 1');
  });
});
