import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { mendRequestQueues } from '../src/kafka-request-queue.js';

const LIMIT_MS = 10_000;

let queue: RequestQueue;

beforeEach(() => {
  vi.useFakeTimers();
  mendRequestQueues();
  const settings = { maxInFlightRequests: 0, requestTimeout: LIMIT_MS, enforceRequestTimeout: true };
  queue = new RequestQueue({ ...settings, clientId: '', broker: '', logger: { debug: () => undefined } });
});
afterEach(() => {
  queue.destroy();
  vi.useRealTimers();
});

/** A request that was sent now, and what hears that it was not answered in time. */
function send() {
  const timeoutRequest = vi.fn();
  queue.inflight.set(1, { sentAt: Date.now(), requestTimeout: LIMIT_MS, timeoutRequest });
  return timeoutRequest;
}

describe("a connection's queue of requests", () => {
  it('is not looked into while it is empty', () => {
    queue.scheduleCheckPendingRequests();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is looked into, again and again, while something waits in it', () => {
    queue.pending.push({});
    const looks = vi.spyOn(queue, 'checkPendingRequests');
    queue.scheduleCheckPendingRequests();
    vi.advanceTimersByTime(100);
    expect(looks.mock.calls.length).toBeGreaterThan(1);
  });

  it('gives up a request that is not answered in time', () => {
    queue.scheduleRequestTimeoutCheck();
    const missing = send();
    vi.advanceTimersByTime(LIMIT_MS);
    expect(missing).not.toHaveBeenCalled();
    vi.advanceTimersByTime(500);
    expect(missing).toHaveBeenCalled();
  });

  it('does not count the time in which this process was too busy to hear an answer', () => {
    queue.scheduleRequestTimeoutCheck();
    const missing = send();
    // Time passes, and no timer is heard.
    vi.setSystemTime(Date.now() + 6 * LIMIT_MS);
    vi.advanceTimersByTime(LIMIT_MS - 500);
    expect(missing).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(missing).toHaveBeenCalled();
  });
});
