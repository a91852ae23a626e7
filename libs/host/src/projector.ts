// A projector: one service's fold behind the reading of the log, and its rows and progress, committed together (DESIGN law 7).
// After any error that can pass, everything in memory is thrown away and read again from the last commit.

import type { DataSource } from 'typeorm';
import { type Shard, WHOLE } from '#projection';
import { type Progress, readProgress, StoreError } from '#store';
import { CommitQueue } from './commit-queue.js';
import type { ServiceEffects } from './facts.js';
import { isFatal } from './fatal.js';
import type { Follower, Session } from './following.js';
import type { Batch, LogReader } from './log-reader.js';
import type { ServiceFold } from './service-fold.js';
import { type FactGround, Upstream } from './upstream.js';

/** How often a projector looks whether its last commit is still there, in milliseconds. */
const COMMIT_CHECK_MS = 1_000;

/**
 * Whose commits others wait for, each in a process of its own: all projectors for root's, and the scheduler of cuts for those of
 * targets, also where they say that nothing was done.
 */
const AWAITED = { root: 'each', targets: 'each', snapshot: 'rows', timestamp: 'rows' } as const;

/** A projector in a reading. */
interface Joined {
  readonly reading: LogReader;
  readonly commits: CommitQueue;
}

export class Projector implements Follower {
  private progress: Progress | undefined;
  private joined: Joined | undefined;
  private readonly upstream: Upstream;
  private readonly source: DataSource;
  private readonly shard: Shard;

  /** `told` hears what each batch did; what is folded again is told again. */
  constructor(
    private readonly fold: ServiceFold,
    private readonly ground: FactGround,
    private readonly told: (effects: ServiceEffects) => void = () => undefined,
  ) {
    this.upstream = new Upstream(fold.upstream, ground);
    this.source = ground.sources[fold.service];
    this.shard = fold.shard ?? WHOLE;
  }

  async place({ signal, fail }: Session): Promise<Progress | undefined> {
    const progress = await readProgress(this.source, this.shard);
    signal.throwIfAborted();
    this.progress = progress;
    // Before it joins, too: others wait for what it committed up to its place, and only it can fold that again.
    const check = setInterval(() => void this.checkCommit(fail), COMMIT_CHECK_MS);
    signal.addEventListener('abort', () => clearInterval(check), { once: true });
    return progress;
  }

  async begin(reading: LogReader, { signal, fail }: Session): Promise<void> {
    const { fold, source, upstream } = this;
    await fold.restore(this.progress, reading.reader, signal);
    // It may have taken so long that another reading has begun.
    signal.throwIfAborted();
    const commits = new CommitQueue(source, this.progress, {
      upstream: position => upstream.committed(position),
      awaited: this.ground.handover ? 'none' : AWAITED[fold.service],
      keepsText: role => fold.keepsText(role),
      onFailure: fail,
    });
    this.joined = { reading, commits };
    this.ground.handover?.joins(fold.service, commits);
  }

  async ready(position: number, signal: AbortSignal): Promise<number> {
    const told = await this.upstream.ready(position, signal);
    return Math.min(told, (await this.fold.ready?.(position, signal)) ?? told);
  }

  async take({ steps, offsets }: Batch): Promise<void> {
    if (steps.length === 0) return;
    const { fold, shard } = this;
    const { reading, commits } = this.joined!;
    fold.committed?.(commits.committed);
    const { effects, rows } = await fold.fold(steps, offsets, await this.upstream.facts(steps));
    this.ground.handover?.tell(fold.service, steps, effects);
    await commits.add({ shard, ...reading.save(), state: fold.save() }, rows);
    this.told(effects);
  }

  async end(): Promise<void> {
    const { commits } = this.joined!;
    this.joined = undefined;
    this.ground.handover?.leaves(this.fold.service);
    await commits.flush();
  }

  /** Commits do not wait for the disk. Whoever waits at the tail would not see that a crash of Postgres took back what was committed. */
  private async checkCommit(fail: Session['fail']): Promise<void> {
    const position = this.joined?.commits.committed ?? this.progress?.position ?? 0;
    try {
      const kept = (await readProgress(this.source, this.shard))?.position ?? 0;
      if (kept < position) fail(lostCommits(kept, position));
    } catch (error) {
      // An answer that did not come tells nothing; that the bins are another's does.
      if (isFatal(error)) fail(error as Error);
    }
  }
}

function lostCommits(kept: number, position: number): StoreError {
  return new StoreError(
    'projection-conflict',
    `Postgres has lost commits: this projection stands at position ${kept}, not ${position}; it is folded on from there.`,
  );
}
