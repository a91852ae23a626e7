// Commits what a projector has folded, behind it: while one transaction runs, what is folded meanwhile is gathered into the next.
// The order is the log's, and each transaction ends at the progress of its last batch (DESIGN law 7), so whatever crashes,
// Postgres holds the effects of some prefix of the log, whole.

import type { DataSource } from 'typeorm';
import { commitProgress, type Progress } from '#store';
import type { WriteEffects } from './service-fold.js';

/** Batches that may wait for the transaction before them; then the fold waits too, so that memory stays bounded. */
const MAX_WAITING_BATCHES = 8;

/** Whom a queue has to heed, and tell. */
export interface CommitOrder {
  /** Resolves when the services before this one have committed through `position`: readers rely on that order. */
  readonly upstream: (position: number) => Promise<void>;
  /** Told of the error that ended the queue. */
  readonly onFailure: (error: Error) => void;
}

export class CommitQueue {
  private writes: WriteEffects[] = [];
  private next: Progress | undefined;
  private waiting = 0;
  private running: Promise<void> | undefined;
  private failure: Error | undefined;

  /** `before`: the progress as committed. */
  constructor(
    private readonly source: DataSource,
    private before: Progress | undefined,
    private readonly order: CommitOrder,
  ) {}

  /** Records whose effects are committed. */
  get committed(): number {
    return this.before?.position ?? 0;
  }

  /** Adds what a batch did and where the projection stands after it; resolves when another batch may follow. */
  async add(next: Progress, write: WriteEffects | undefined): Promise<void> {
    if (write) this.writes.push(write);
    this.next = next;
    this.waiting++;
    this.running ??= this.run();
    while (this.waiting >= MAX_WAITING_BATCHES && this.running) await this.running;
    if (this.failure) throw this.failure;
  }

  /** Resolves when what was added up to `position` is committed. @throws the error that ended the queue. */
  async reach(position: number): Promise<void> {
    while (this.committed < position && this.running) await this.running;
    if (this.failure) throw this.failure;
  }

  /** Resolves when everything added is committed, or can't be. */
  async flush(): Promise<void> {
    while (this.running) await this.running;
  }

  /** One transaction after the other, until nothing waits. */
  private async run(): Promise<void> {
    // What the other projectors of this process make of the batch goes first: nobody waits for rows.
    await new Promise(resolve => setImmediate(resolve));
    try {
      if (!this.failure) await this.commit();
    } catch (error) {
      this.failure = error as Error;
      this.order.onFailure(this.failure);
    }
    this.running = this.next && !this.failure ? this.run() : undefined;
  }

  private async commit(): Promise<void> {
    const { writes, next } = this;
    this.writes = [];
    this.next = undefined;
    this.waiting = 0;
    await this.order.upstream(next!.position);
    const write = async (runner: Parameters<WriteEffects>[0]) => {
      for (const each of writes) await each(runner);
    };
    await commitProgress(this.source, this.before, next!, writes.length > 0 ? write : undefined);
    this.before = next;
  }
}
