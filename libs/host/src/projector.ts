// The loop of a projector: read, fold, commit. What a batch of records did is written in one transaction with the progress
// (DESIGN law 7). After any error that can pass, everything in memory is thrown away and read again from the last commit.

import type { DataSource, QueryRunner } from 'typeorm';
import { LedgerError } from '#ledger';
import { type Log, LogError } from '#log';
import type { Reader, Step } from '#projection';
import { commitProgress, type Progress, readProgress, StoreError } from '#store';
import type { Crypto } from '#tuf';
import { HostError } from './errors.js';
import { LogReader } from './log-reader.js';
import type { ServiceLog } from './service-log.js';

/** How long a projector pauses after an error that can pass, in milliseconds. */
const RETRY_PAUSE_MS = 500;
/** How often a projector looks whether its last commit is still there, in milliseconds. */
const COMMIT_CHECK_MS = 1_000;

/** Writes the rows of a batch, in the transaction that commits it. */
export type WriteEffects = (runner: QueryRunner) => Promise<void>;

/** What a service adds to the loop: its fold, its facts and its rows. */
export interface ServiceFold {
  /** Puts the fold where the progress says, or at the beginning. */
  restore(progress: Progress | undefined, reader: Reader, signal: AbortSignal): Promise<void>;
  /** Waits until the record at `position` may be folded; gives how many records from there on may be (1 or more). */
  ready(position: number, signal: AbortSignal): Promise<number>;
  /** Folds records in order and gives what writes their effects, if there are any; `offsets` says where in the log each stands. */
  fold(steps: readonly Step[], offsets: readonly number[]): Promise<WriteEffects | undefined>;
  /** The fold's own part of the progress. */
  save(): string;
}

/** What a projector runs on. */
export interface ProjectorParts {
  readonly log: Log;
  readonly source: DataSource;
  readonly fold: ServiceFold;
}

export interface ProjectorSettings {
  /** The ledger's name (64 hex digits). */
  readonly ledger: string;
  readonly crypto: Crypto;
  readonly report: ServiceLog;
}

export class Projector {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly parts: ProjectorParts,
    private readonly settings: ProjectorSettings,
  ) {}

  /** Starts the loop. `onFatal` is told of the error that stopped it, if one did. */
  start(onFatal: (error: Error) => void): void {
    this.running = this.run().catch(error => {
      if (!this.stopping.signal.aborted) onFatal(error as Error);
    });
  }

  /** Ends the loop after the batch in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.follow();
      } catch (error) {
        if (this.stopping.signal.aborted || isFatal(error)) throw error;
        this.settings.report('warn', (error as Error).message, { retryInMs: RETRY_PAUSE_MS });
        await new Promise(resolve => setTimeout(resolve, RETRY_PAUSE_MS));
      }
    }
  }

  private async follow(): Promise<void> {
    const lost = new AbortController();
    const committed = { position: 0 };
    const check = setInterval(() => void this.checkCommit(committed, lost), COMMIT_CHECK_MS);
    try {
      await this.project(committed, AbortSignal.any([this.stopping.signal, lost.signal]));
      lost.signal.throwIfAborted();
    } finally {
      clearInterval(check);
    }
  }

  /** Commits do not wait for the disk. Whoever waits here would not see that a crash of Postgres took back what was committed. */
  private async checkCommit({ position }: { position: number }, lost: AbortController): Promise<void> {
    const kept = await readProgress(this.parts.source).catch(() => ({ position }));
    if ((kept?.position ?? 0) >= position) return;
    lost.abort(
      new StoreError(
        'projection-conflict',
        `Postgres has lost commits: this projection stands at position ${kept?.position ?? 0}, not ${position}; it is folded on from there.`,
      ),
    );
  }

  private async project(committed: { position: number }, signal: AbortSignal): Promise<void> {
    const { log, source, fold } = this.parts;
    const { ledger, crypto } = this.settings;
    let progress = await readProgress(source);
    const reading = await LogReader.open(log, ledger, progress, crypto);
    await fold.restore(progress, reading.reader, signal);
    while (!signal.aborted) {
      committed.position = progress?.position ?? 0;
      const limit = await fold.ready(reading.reader.size, signal);
      const { steps, offsets, noise } = await reading.next(limit, signal);
      for (const { offset, reason } of noise)
        this.settings.report('info', 'noise in the log', { offset, reason });
      if (steps.length === 0) continue;
      const write = await fold.fold(steps, offsets);
      const next = progressOf(reading, fold.save());
      await commitProgress(source, progress, next, write);
      progress = next;
    }
  }
}

function progressOf({ reader, place }: LogReader, state: string): Progress {
  return { position: reader.size, rootHash: reader.rootHash, ...place, reader: reader.save(), state };
}

/** Whether an error will be the same however often one tries. */
export function isFatal(error: unknown): boolean {
  if (error instanceof LogError) return !error.retryable;
  return error instanceof HostError || (error instanceof LedgerError && error.code === 'rules-unknown');
}
