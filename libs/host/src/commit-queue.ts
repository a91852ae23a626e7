// Commits what a projector has folded, behind it: while one transaction runs, what is folded meanwhile is gathered into the next.
// The order is the log's, and each transaction ends at the progress of its last batch (DESIGN law 7), so whatever crashes,
// Postgres holds the effects of some prefix of the log, whole.

import type { DataSource, QueryRunner } from 'typeorm';
import { commitProgress, hasRows, type Progress, type Rows, writeRows } from '#store';

/** Batches that may wait for the transaction before them; then the fold waits too, so that memory stays bounded. */
const MAX_WAITING_BATCHES = 32;
/** Batches that wait for no others any more. */
const GATHERED_BATCHES = 16;
/** How long a batch waits for others to be committed with it, in milliseconds, where nobody needs its commit sooner. */
const GATHER_MS = 250;
/** The same in a process of its own where a batch did nothing and no service waits to hear so: the next is often near. */
const GATHER_NOTHING_MS = 25;

/** Whom a queue has to heed, and tell. */
export interface CommitOrder {
  /** Resolves when the services before this one have committed through `position`: readers rely on that order. */
  readonly upstream: (position: number) => Promise<void>;
  /** Who waits for commits: for each of them, for those that wrote rows, or, with all projectors in one process, nobody. */
  readonly awaited: 'each' | 'rows' | 'none';
  /** Of which roles the texts are stored. */
  readonly keepsText: (role: string) => boolean;
  /** Told of the error that ended the queue. */
  readonly onFailure: (error: Error) => void;
}

export class CommitQueue {
  private rows: Rows[] = [];
  private next: Progress | undefined;
  private waiting = 0;
  private running: Promise<void> | undefined;
  private failure: Error | undefined;
  private hurried: () => void = () => undefined;

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
  async add(next: Progress, rows: Rows): Promise<void> {
    if (this.failure) throw this.failure;
    if (hasRows(rows)) this.rows.push(rows);
    this.next = next;
    this.waiting++;
    this.running ??= this.run();
    if (this.waiting >= GATHERED_BATCHES || this.gatherMs === 0) this.hurry();
    while (this.waiting >= MAX_WAITING_BATCHES && this.running) await this.soon();
    if (this.failure) throw this.failure;
  }

  /** Somebody needs what waits to be committed now. */
  private hurry(): void {
    this.hurried();
  }

  /** Resolves when what was added up to `position` is committed. @throws the error that ended the queue. */
  async reach(position: number): Promise<void> {
    while (this.committed < position && this.running) await this.soon();
    if (this.failure) throw this.failure;
  }

  /** Resolves when everything added is committed, or can't be. */
  async flush(): Promise<void> {
    while (this.running) await this.soon();
  }

  private async soon(): Promise<void> {
    this.hurry();
    await this.running;
  }

  /** One transaction after the other, until nothing waits. */
  private async run(): Promise<void> {
    if (this.gatherMs > 0) await this.gather(this.gatherMs);
    try {
      await this.commit();
    } catch (error) {
      this.failure = error as Error;
      this.order.onFailure(this.failure);
    }
    this.running = this.next && !this.failure ? this.run() : undefined;
  }

  /** How long what was added may wait for more. */
  private get gatherMs(): number {
    if (this.order.awaited === 'none') return GATHER_MS;
    return this.order.awaited === 'rows' && this.rows.length === 0 ? GATHER_NOTHING_MS : 0;
  }

  private async gather(ms: number): Promise<void> {
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, ms);
      this.hurried = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.hurried = () => undefined;
  }

  private async commit(): Promise<void> {
    const { rows, next } = this;
    this.rows = [];
    this.next = undefined;
    this.waiting = 0;
    await this.order.upstream(next!.position);
    const write = (runner: QueryRunner) => writeRows(runner, rows, this.order.keepsText);
    await commitProgress(this.source, this.before, next!, rows.length > 0 ? write : undefined);
    this.before = next;
  }
}
