// The newest complete state, watched once for all requests that wait for theirs, for the scheduler and for the metrics.

import type { DataSource } from 'typeorm';
import type { ServiceLog, Watermarks } from '#host';
import type { CompleteState } from '#projection';
import { readNewestState } from '#store';

/** Pause after an error of the store, in milliseconds. */
const RETRY_PAUSE_MS = 500;

export class CompleteStates {
  /** The newest complete state that is known; absent before the first. */
  newest: CompleteState | undefined;
  private readonly stopping = new AbortController();
  private readonly waiting = new Set<() => void>();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly timestamp: DataSource,
    private readonly schema: string,
    private readonly watermarks: Watermarks,
    private readonly report: ServiceLog,
  ) {}

  start(): void {
    this.running = this.follow();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Resolves to true when a complete state was cut after `position`, to false when `signal` aborts before. */
  async covers(position: number, signal: AbortSignal): Promise<boolean> {
    while (!(this.newest && this.newest.cut > position)) {
      if (signal.aborted) return false;
      await this.nextState(signal);
    }
    return true;
  }

  private async nextState(signal: AbortSignal): Promise<void> {
    await new Promise<void>(resolve => {
      const done = () => {
        this.waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopping;
    // Below every position, so that the first look is made at once.
    let looked = -1;
    while (!signal.aborted) {
      const position = this.watermarks.position(this.schema);
      if (position === looked) await this.watermarks.nextChange(signal);
      else if (await this.look()) looked = position;
    }
  }

  private async look(): Promise<boolean> {
    try {
      const newest = await readNewestState(this.timestamp);
      if (newest?.state === this.newest?.state) return true;
      this.newest = newest;
      for (const done of [...this.waiting]) done();
      return true;
    } catch (error) {
      if (this.stopping.signal.aborted) return false;
      this.report('warn', (error as Error).message, { retryInMs: RETRY_PAUSE_MS });
      await new Promise(resolve => setTimeout(resolve, RETRY_PAUSE_MS));
      return false;
    }
  }
}
