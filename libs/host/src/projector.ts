// A projector: one service's fold behind the reading of the log, and its rows and progress, committed together (DESIGN law 7).
// After any error that can pass, everything in memory is thrown away and read again from the last commit.

import type { DataSource } from 'typeorm';
import { type Progress, readProgress, StoreError } from '#store';
import { CommitQueue } from './commit-queue.js';
import type { Follower, Session } from './following.js';
import type { Batch, LogReader } from './log-reader.js';
import type { ServiceFold } from './service-fold.js';
import { type FactGround, Upstream } from './upstream.js';

/** How often a projector looks whether its last commit is still there, in milliseconds. */
const COMMIT_CHECK_MS = 1_000;

/** A projector in a reading. */
interface Joined {
  readonly reading: LogReader;
  readonly commits: CommitQueue;
  readonly check: NodeJS.Timeout;
}

export class Projector implements Follower {
  private progress: Progress | undefined;
  private joined: Joined | undefined;
  private readonly upstream: Upstream;
  private readonly source: DataSource;

  constructor(
    private readonly fold: ServiceFold,
    private readonly ground: FactGround,
  ) {
    this.upstream = new Upstream(fold.upstream, ground);
    this.source = ground.sources[fold.service];
  }

  async place(): Promise<Progress | undefined> {
    this.progress = await readProgress(this.source);
    return this.progress;
  }

  async begin(reading: LogReader, { signal, fail }: Session): Promise<void> {
    const { fold, source, upstream } = this;
    await fold.restore(this.progress, reading.reader, signal);
    const commits = new CommitQueue(source, this.progress, {
      upstream: position => upstream.committed(position),
      patient: this.ground.handover !== undefined,
      keepsText: role => fold.keepsText(role),
      onFailure: fail,
    });
    const check = setInterval(() => void this.checkCommit(commits, fail), COMMIT_CHECK_MS);
    this.joined = { reading, commits, check };
    this.ground.handover?.joins(fold.service, commits);
  }

  async ready(position: number, signal: AbortSignal): Promise<number> {
    const told = await this.upstream.ready(position, signal);
    return Math.min(told, (await this.fold.ready?.(position, signal)) ?? told);
  }

  async take({ steps, offsets }: Batch): Promise<void> {
    if (steps.length === 0) return;
    const { fold } = this;
    const { reading, commits } = this.joined!;
    fold.committed?.(commits.committed);
    const { effects, rows } = await fold.fold(steps, offsets, await this.upstream.facts(steps));
    this.ground.handover?.tell(fold.service, steps, effects);
    await commits.add({ ...reading.save(), state: fold.save() }, rows);
  }

  async end(): Promise<void> {
    const { commits, check } = this.joined!;
    this.joined = undefined;
    this.ground.handover?.leaves(this.fold.service);
    clearInterval(check);
    await commits.flush();
  }

  /** Commits do not wait for the disk. Whoever waits at the tail would not see that a crash of Postgres took back what was committed. */
  private async checkCommit(commits: CommitQueue, fail: Session['fail']): Promise<void> {
    const position = commits.committed;
    const kept = await readProgress(this.source).catch(() => ({ position }));
    if ((kept?.position ?? 0) >= position) return;
    fail(
      new StoreError(
        'projection-conflict',
        `Postgres has lost commits: this projection stands at position ${kept?.position ?? 0}, not ${position}; it is folded on from there.`,
      ),
    );
  }
}
