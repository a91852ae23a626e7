import { Registry } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
import { AppendErrors, type Aspect, AwaitedLog, LastCutAspect, lookAtAll, ReadingAspect } from '#host';
import type { NoiseReason } from '#ledger';
import { type Log, LogError, MemoryLog, MemoryTopic } from '#log';
import { Rejections } from '../src/failure-aspects.js';

/** The lines of an aspect's metrics, without comments. */
async function metricsOf(aspect: Aspect): Promise<string[]> {
  const registry = new Registry();
  aspect.measure!(registry);
  return (await registry.metrics()).split('\n').filter(line => line !== '' && !line.startsWith('#'));
}

describe('aspects', () => {
  it('add up to one answer', async () => {
    const first: Aspect = { look: async () => ({ reasons: ['Away.'], members: { a: 1 } }) };
    const second: Aspect = { look: async () => ({ members: { b: 2 } }) };
    const silent: Aspect = { measure: () => undefined };
    expect(await lookAtAll([first, second, silent])).toEqual({ reasons: ['Away.'], members: { a: 1, b: 2 } });
  });
});

describe('the reading of the log', () => {
  const noise = new Map<NoiseReason, number>();

  it('is told with its lag, and keeps its place while it begins again', async () => {
    const following: { read: { position: number; offset: number } | undefined; noise: typeof noise } = {
      read: { position: 5, offset: 7 },
      noise,
    };
    const log = { end: 10 };
    const aspect = new ReadingAspect(following, log);
    expect(await aspect.look()).toEqual({ reasons: [], members: { position: 5, offset: 7, lagEntries: 3 } });
    following.read = undefined;
    expect(await aspect.look()).toEqual({
      reasons: ['The log is not being read.'],
      members: { position: 5, offset: 7, lagEntries: 3 },
    });
    following.read = { position: 5, offset: 7 };
    log.end = 10_008;
    expect((await aspect.look()).reasons).toEqual(['10001 entries of the log have not been read yet.']);
    log.end = 0;
    expect((await aspect.look()).members?.lagEntries).toBe(0);
  });

  it('is measured', async () => {
    noise.set('signature', 2);
    const aspect = new ReadingAspect({ read: { position: 5, offset: 7 }, noise }, { end: 10 });
    expect(await metricsOf(aspect)).toEqual([
      'tuf_ledger_records 5',
      'tuf_ledger_lag_entries 3',
      'tuf_ledger_noise_total{reason="signature"} 2',
    ]);
  });
});

describe('what did not become of events and appends', () => {
  it('is said with its place and role, and counted by code', async () => {
    const report = vi.fn();
    const rejections = new Rejections(report);
    const rejected = { result: 'rejected', rejection: { code: 'path-taken', detail: '' } } as const;
    const place = { position: 1, event: 0 };
    const outcomes = [
      { ...place, verdict: rejected },
      { ...place, entry: 2, role: 'bins-0', verdict: rejected },
      { ...place, verdict: { result: 'applied' } as const },
    ];
    rejections.count({ outcomes: outcomes as never });
    expect(report.mock.calls).toEqual([
      ['info', 'rejected', { ...place, code: 'path-taken' }],
      ['info', 'rejected', { ...place, entry: 2, role: 'bins-0', code: 'path-taken' }],
    ]);
    expect(await metricsOf(rejections)).toEqual(['tuf_ledger_rejections_total{code="path-taken"} 2']);
  });

  it('is counted for a log that is not open, or that refuses', async () => {
    const failing: Log = new MemoryLog(new MemoryTopic());
    const log = new AwaitedLog(async () => failing);
    await expect(log.append([])).rejects.toMatchObject({ code: 'log-unavailable' });
    await log.open();
    failing.append = () => Promise.reject(new LogError('log-busy', 'Full.'));
    await expect(log.append([])).rejects.toMatchObject({ code: 'log-busy' });
    failing.append = () => Promise.reject(new TypeError('a bug'));
    await expect(log.append([])).rejects.toThrow('a bug');
    expect(await metricsOf(new AppendErrors(log.appendErrors))).toEqual([
      'tuf_ledger_append_errors_total{code="log-unavailable"} 1',
      'tuf_ledger_append_errors_total{code="log-busy"} 1',
      'tuf_ledger_append_errors_total{code="internal"} 1',
    ]);
  });
});

describe('a log that is awaited', () => {
  it('says why it is not there, and is one log once it is', async () => {
    const topic = new MemoryTopic();
    const tries = [new LogError('log-denied', 'The topic is closed to you.'), undefined];
    let opened = 0;
    const log = new AwaitedLog(async () => {
      const error = tries.shift();
      if (error) throw error;
      opened++;
      return new MemoryLog(topic);
    });
    await expect(log.bounds()).rejects.toThrow('The log has not been opened yet.');
    await expect(log.open()).rejects.toMatchObject({ code: 'log-denied' });
    await expect(log.bounds()).rejects.toThrow('The topic is closed to you.');
    await log.open();
    await log.open();
    expect(opened).toBe(1);
    topic.push([new Uint8Array([1])]);
    expect(await log.bounds()).toEqual({ start: 0, end: 1 });
    expect(log.end).toBe(1);
    await log.close();
    await expect(log.bounds()).rejects.toMatchObject({ code: 'log-closed' });
  });

  it('may be closed before it was opened', async () => {
    await new AwaitedLog(() => Promise.reject(new Error('never'))).close();
  });
});

describe('the last cut', () => {
  it('is told with its age, and left out where it is not known', async () => {
    const clock = () => 65_400;
    const known = new LastCutAspect(async () => ({ state: 3, at: 5_000 }), clock);
    expect(await known.look()).toEqual({ members: { lastCut: { state: 3, at: 5_000, ageSeconds: 60 } } });
    for (const lastCut of [async () => undefined, () => Promise.reject(new Error('Postgres is away.'))])
      expect(await new LastCutAspect(lastCut, clock).look()).toEqual({ members: { lastCut: null } });
  });
});
