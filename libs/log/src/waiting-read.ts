import type { LogEntry, ReadLimit } from './log.js';

/** What wakes the readers that wait at the tail. A wake-up says "look again", not that there is something. */
export class TailSignal {
  readonly #waiting = new Set<() => void>();
  #wakes = 0;

  /** How often it has woken. Noted before a look, it tells whether a wake-up came during the look. */
  get wakes(): number {
    return this.#wakes;
  }

  wake(): void {
    this.#wakes++;
    for (const resume of [...this.#waiting]) resume();
  }

  /** Resolves at the first wake-up after `seen`, after `ms` milliseconds, or when `signal` aborts. */
  async wait(seen: number, ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#wakes !== seen || signal?.aborted) return;
    await new Promise<void>(resolve => {
      const resume = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', resume);
        this.#waiting.delete(resume);
        resolve();
      };
      const timer = setTimeout(resume, ms);
      signal?.addEventListener('abort', resume);
      this.#waiting.add(resume);
    });
  }
}

/**
 * Looks until there is an entry, `limit.waitMs` are over, or `limit.signal` aborts. Looks again at each wake-up, and
 * every `pollMs` milliseconds for the wake-ups that get lost. `look` throws once the log is closed.
 */
export async function readWaiting(
  look: () => Promise<readonly LogEntry[]>,
  tail: TailSignal,
  limit: ReadLimit,
  pollMs: number,
): Promise<readonly LogEntry[]> {
  const until = performance.now() + limit.waitMs;
  for (;;) {
    const seen = tail.wakes;
    const entries = await look();
    const left = until - performance.now();
    if (entries.length > 0 || left <= 0 || limit.signal?.aborted) return entries;
    await tail.wait(seen, Math.min(left, pollMs), limit.signal);
  }
}
