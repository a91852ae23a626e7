// kafkajs looks into each connection's queue of requests a thousand times a second, also where it is empty (its issues 1556, 1704,
// 1751; 2.2.4 is the last release): a service at rest took 3 % of a core, and Node 24 warns of negative timeouts. Whoever pushes a
// request looks as well, so a look is needed only where one had to wait.

import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

const schedule = RequestQueue.prototype.scheduleCheckPendingRequests;

/** Has queues of this process looked into only while something waits in them. Calling it twice is no error. */
export function lookAtWaitingRequestsOnly(): void {
  RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleWhereSomethingWaits() {
    if (this.pending.length > 0) schedule.call(this);
  };
}
