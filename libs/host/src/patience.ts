// Waiting for what a service stands on: Postgres and the log may be started after it, and be away for a while.

import { ChangeSignal } from './change-signal.js';
import { isFatal } from './fatal.js';
import type { ServiceLog } from './service-log.js';

/** Pause between two tries, in milliseconds. */
const RETRY_PAUSE_MS = 500;
/** How often it is said that there is still no answer, in milliseconds. */
const WARNING_MS = 5_000;

/**
 * Tries until it succeeds, and says from time to time why it has not yet.
 * @throws the error of a try that will be the same however often one tries; rejects when `signal` aborts.
 */
export async function patiently<T>(
  attempt: () => Promise<T>,
  { report, signal }: { readonly report: ServiceLog; readonly signal: AbortSignal },
): Promise<T> {
  for (let warnedAt = Number.NEGATIVE_INFINITY; ; ) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (isFatal(error)) throw error;
      const now = performance.now();
      if (now - warnedAt >= WARNING_MS) {
        warnedAt = now;
        report('warn', (error as Error).message, { retryInMs: RETRY_PAUSE_MS });
      }
    }
    await new ChangeSignal().next(signal, RETRY_PAUSE_MS);
  }
}
