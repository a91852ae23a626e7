/** Wakes those who wait for a change. A wake-up says "look again", not what has changed. */
export class ChangeSignal {
  private readonly waiting = new Set<() => void>();

  /** Something has changed: all who wait now go on. */
  tell(): void {
    for (const done of [...this.waiting]) done();
  }

  /** Resolves at the next change, when `signal` aborts, or after `waitMs` milliseconds if that is given. Leaves nothing behind. */
  async next(signal?: AbortSignal, waitMs?: number): Promise<void> {
    await new Promise<void>(resolve => {
      const done = () => {
        clearTimeout(timer);
        this.waiting.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = waitMs === undefined ? undefined : setTimeout(done, waitMs);
      this.waiting.add(done);
      signal?.addEventListener('abort', done, { once: true });
      if (signal?.aborted) done();
    });
  }
}
