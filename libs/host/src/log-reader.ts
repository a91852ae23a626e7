// Reads the log for a service: positions where it left off, checks that the log is still the one it knew, and turns values
// into steps. After any error the service begins again from its last commit.

import type { NoiseReason } from '#ledger';
import { type Log, type LogEntry, LogError } from '#log';
import { Reader, type Step } from '#projection';
import { type Crypto, toHex } from '#tuf';
import { HostError } from './errors.js';

/** Bytes of values and number of entries that one read of the log may bring. */
const READ_BYTES = 4 * 1024 * 1024;
const READ_ENTRIES = 2_000;
/** Bytes of values after which a batch is given, so that no fold of one keeps a process from its other work for long. */
const BATCH_BYTES = 512 * 1024;

/** How long ago the log may have ended where the reading has come to, for it to be at the tail, in milliseconds. */
const TAIL_AGE_MS = 2_000;

/** Where a reader stands in the log. */
export interface LogPlace {
  /** The offset to read from next. */
  offset: number;
  /** The offset of the last record, and the SHA-256 (hex) of its value; -1 and '' before the first. */
  lastOffset: number;
  lastHash: string;
}

/** Where a reader stands, and all that it needs to go on from there. */
export interface Place extends Readonly<LogPlace> {
  /** Records read, which is the position of the next; and the Merkle root (hex) of those. */
  readonly position: number;
  readonly rootHash: string;
  /** The reader as text (Reader.save). */
  readonly reader: string;
}

/** A batch of records, in log order. */
export interface Batch {
  readonly steps: readonly Step[];
  /** The log offset of each of `steps`. */
  readonly offsets: readonly number[];
  readonly noise: readonly Noise[];
}

/** A value of the log that is no record. */
export interface Noise {
  readonly offset: number;
  readonly value: Uint8Array;
  readonly reason: NoiseReason;
}

export class LogReader {
  /** Entries that were read and not given yet, from `given` on. */
  private ahead: readonly LogEntry[] = [];
  private given = 0;
  private saved: Place | undefined;
  /** An end that the log had, and when (`performance.now`). */
  private sighted: { readonly end: number; readonly at: number } | undefined;

  private constructor(
    readonly reader: Reader,
    readonly place: LogPlace,
    private readonly log: Log,
    private readonly crypto: Crypto,
  ) {}

  /**
   * A reader from the start of the log, or from a place.
   * @throws HostError `log-forked` where the log is not the one that was read up to that place.
   */
  static async open(
    log: Log,
    ledger: string,
    from: Omit<Place, 'position' | 'rootHash'> | undefined,
    crypto: Crypto,
  ): Promise<LogReader> {
    const { start, end } = await log.bounds();
    if (start > 0)
      throw new HostError('log-forked', `The log now starts at offset ${start}; its first records are gone.`);
    if (!from) {
      return new LogReader(
        Reader.begin(ledger, crypto),
        { offset: 0, lastOffset: -1, lastHash: '' },
        log,
        crypto,
      );
    }
    const { reader, offset, lastOffset, lastHash } = from;
    if (end < offset) {
      throw new HostError(
        'log-forked',
        `The log ends at offset ${end}, but offsets below ${offset} were read from it before.`,
      );
    }
    const found = new LogReader(Reader.resume(reader, crypto), { offset, lastOffset, lastHash }, log, crypto);
    await found.checkLast();
    return found;
  }

  private async checkLast(): Promise<void> {
    const { lastOffset, lastHash } = this.place;
    if (lastOffset < 0) return;
    const [entry] = await this.log.read(lastOffset, { maxBytes: 1, maxEntries: 1, waitMs: 0 });
    // The end was found beyond it, so a log that shows nothing here is behind itself.
    if (!entry) throw new LogError('log-unavailable', `The log does not show its offset ${lastOffset} yet.`);
    if (entry.offset === lastOffset && toHex(this.crypto.sha256(entry.value)) === lastHash) return;
    throw new HostError(
      'log-forked',
      `At offset ${lastOffset} of the log stands another value than the record of position ${this.reader.size - 1} that was read there before.`,
    );
  }

  /** Where the reading stands. */
  save(): Place {
    if (this.saved?.offset !== this.place.offset)
      this.saved = {
        position: this.reader.size,
        rootHash: this.reader.rootHash,
        reader: this.reader.save(),
        ...this.place,
      };
    return this.saved;
  }

  /** The next records, at most `limit`; none where nothing came within `waitMs`. */
  async next(limit: number, signal: AbortSignal, waitMs: number): Promise<Batch> {
    await this.readAhead(waitMs, signal);
    const batch: MutableBatch = { steps: [], offsets: [], noise: [] };
    let bytes = 0;
    while (batch.steps.length < limit && this.given < this.ahead.length && bytes < BATCH_BYTES) {
      const entry = this.ahead[this.given++]!;
      bytes += entry.value.length;
      this.read(entry, batch);
      // After such a root a cut depends on states that became complete before it: that is asked between batches.
      if (batch.steps.at(-1)?.offline.root?.replaced) break;
    }
    return batch;
  }

  private read({ offset, value }: LogEntry, batch: MutableBatch): void {
    const read = this.reader.next(value);
    this.place.offset = offset + 1;
    if ('noise' in read) {
      batch.noise.push({ offset, value, reason: read.noise });
      return;
    }
    this.place.lastOffset = offset;
    this.place.lastHash = toHex(this.crypto.sha256(value));
    batch.steps.push(read.step);
    batch.offsets.push(offset);
  }

  /**
   * Whether the log holds nothing beyond what `next` gave, or held nothing more a moment ago (TAIL_AGE_MS): where many append
   * without a pause, the very end is never reached.
   */
  async isAtTail(): Promise<boolean> {
    const { offset } = this.place;
    const now = performance.now();
    const { sighted } = this;
    if (sighted && offset >= sighted.end && now - sighted.at <= TAIL_AGE_MS) return true;
    if (this.given >= this.ahead.length) {
      const beyond = await this.log.read(offset, { maxBytes: 1, maxEntries: 1, waitMs: 0 });
      if (beyond.length === 0) return true;
    }
    // One that is on its way to be reached stays, as long as it is not too old.
    if (!sighted || offset >= sighted.end || now - sighted.at > TAIL_AGE_MS)
      this.sighted = { end: (await this.log.bounds()).end, at: now };
    return false;
  }

  // More than the next batch may take: who waits for other services reads the log once, not once a record.
  private async readAhead(waitMs: number, signal: AbortSignal): Promise<void> {
    if (this.given < this.ahead.length) return;
    const { offset } = this.place;
    this.given = 0;
    this.ahead = [];
    this.ahead = await this.log.read(offset, {
      maxBytes: READ_BYTES,
      maxEntries: READ_ENTRIES,
      waitMs,
      signal,
    });
  }
}

interface MutableBatch {
  readonly steps: Step[];
  readonly offsets: number[];
  readonly noise: Noise[];
}
