// What kafkajs's queue of a connection's requests does otherwise here. 2.2.4 is the last release, and nobody merges any more.

import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

/** How often it is looked whether a request was not answered in time, in milliseconds. */
const LIMIT_CHECK_MS = 100;

const scheduleLook = RequestQueue.prototype.scheduleCheckPendingRequests;

/** Has the queues of this process behave as follows. Calling it twice is no error. */
export function mendRequestQueues(): void {
  RequestQueue.prototype.scheduleCheckPendingRequests = lookWhereSomethingWaits;
  RequestQueue.prototype.scheduleRequestTimeoutCheck = checkLimits;
}

/**
 * kafkajs looks into every queue a thousand times a second, also where it is empty (its issues 1556, 1704, 1751): a service at rest
 * took 3 % of a core, and Node 24 warns of negative timeouts. Whoever pushes a request looks too, so a look is needed only where
 * one has to wait.
 */
function lookWhereSomethingWaits(this: RequestQueue): void {
  if (this.pending.length > 0) scheduleLook.call(this);
}

/**
 * Requests have a limit of time. While this process is busy, such as with a state of all bins, it hears no answer, though it may lie
 * there: kafkajs would call it missing, and the service would fold again what it has just folded, and be as busy as before. So the
 * time in which nothing was heard does not count.
 */
function checkLimits(this: RequestQueue): void {
  if (!this.enforceRequestTimeout) return;
  this.destroy();
  let checked = Date.now();
  this.requestTimeoutIntervalId = setInterval(() => {
    const now = Date.now();
    const deafMs = Math.max(0, now - checked - 2 * LIMIT_CHECK_MS);
    checked = now;
    for (const request of this.inflight.values()) {
      request.sentAt += deafMs;
      if (now - request.sentAt > request.requestTimeout) request.timeoutRequest();
    }
    if (!this.isConnected()) this.destroy();
  }, LIMIT_CHECK_MS);
}
