import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HostError, patiently } from '#host';
import { LogError } from '#log';

const away = () => new LogError('log-unavailable', 'The log is away.');
const report = vi.fn();
let stopping: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  report.mockClear();
  stopping = new AbortController();
});
afterEach(() => vi.useRealTimers());

const wait = <T>(attempt: () => Promise<T>) => patiently(attempt, { report, signal: stopping.signal });

describe('patience', () => {
  it('tries until it succeeds, and says why it waits, not at every try', async () => {
    const attempt = vi.fn(() => Promise.reject(away()));
    const waiting = wait<string>(attempt);
    await vi.advanceTimersByTimeAsync(4_900);
    expect(attempt).toHaveBeenCalledTimes(10);
    expect(report.mock.calls).toEqual([
      ['warn', expect.stringContaining('The log is away.'), { retryInMs: 500 }],
    ]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(report).toHaveBeenCalledTimes(2);
    attempt.mockImplementation(async () => 'here' as never);
    await vi.advanceTimersByTimeAsync(500);
    expect(await waiting).toBe('here');
  });

  it.each([new LogError('log-denied', 'No.'), new HostError('log-forked', 'No.')])(
    'ends at what will be the same however often one tries: $code',
    async error => {
      const attempt = vi.fn(() => Promise.reject(error));
      await expect(wait(attempt)).rejects.toBe(error);
      expect(attempt).toHaveBeenCalledTimes(1);
      expect(report).not.toHaveBeenCalled();
    },
  );

  it('ends when the service is to stop, before the next try', async () => {
    const attempt = vi.fn(() => Promise.reject(away()));
    const ended = expect(wait(attempt)).rejects.toThrow(/aborted/);
    await vi.advanceTimersByTimeAsync(100);
    stopping.abort();
    await vi.advanceTimersByTimeAsync(1);
    await ended;
    expect(attempt).toHaveBeenCalledTimes(1);
  });
});
