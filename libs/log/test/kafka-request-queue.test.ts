import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lookAtWaitingRequestsOnly } from '../src/kafka-request-queue.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function queueWith(pending: unknown[]): RequestQueue {
  const settings = { maxInFlightRequests: 0, requestTimeout: 1_000, enforceRequestTimeout: false };
  const queue = new RequestQueue({
    ...settings,
    clientId: '',
    broker: '',
    logger: { debug: () => undefined },
  });
  queue.pending.push(...pending);
  return queue;
}

describe("a connection's queue of requests", () => {
  it('is not looked into while it is empty', () => {
    lookAtWaitingRequestsOnly();
    queueWith([]).scheduleCheckPendingRequests();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is looked into, again and again, while something waits in it', () => {
    lookAtWaitingRequestsOnly();
    const queue = queueWith([{}]);
    const looks = vi.spyOn(queue, 'checkPendingRequests');
    queue.scheduleCheckPendingRequests();
    vi.advanceTimersByTime(100);
    expect(looks.mock.calls.length).toBeGreaterThan(1);
  });
});
