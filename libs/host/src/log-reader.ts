// Reads the log for a service: positions where it left off, checks that the log is still the one it knew, and turns values
// into steps. After any error the service begins again from its last commit.

import type { NoiseReason } from '#ledger';
import type { Log, LogEntry, ReadLimit } from '#log';
import { Reader, type Step } from '#projection';
import type { Progress } from '#store';
import { type Crypto, toHex } from '#tuf';
import { HostError } from './errors.js';

/** Bytes of values and number of entries that one read of the log may bring. */
const READ_BYTES = 4 * 1024 * 1024;
const READ_ENTRIES = 2_000;
/** How long a read waits for a new value, in milliseconds. */
const READ_WAIT_MS = 1_000;

/** Where a reader stands in the log. */
export interface LogPlace {
  /** The offset to read from next. */
  offset: number;
  /** The offset of the last record, and the SHA-256 (hex) of its value; -1 and '' before the first. */
  lastOffset: number;
  lastHash: string;
}

/** A batch of records, and where the log was after it. */
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
  /** Entries that were read and not given yet. */
  private ahead: LogEntry[] = [];

  private constructor(
    readonly reader: Reader,
    readonly place: LogPlace,
    private readonly log: Log,
    private readonly crypto: Crypto,
  ) {}

  /**
   * A reader from the start of the log, or from a saved progress.
   * @throws HostError `log-forked` where the log is not the one that the progress was made from.
   */
  static async open(
    log: Log,
    ledger: string,
    progress: Pick<Progress, 'reader' | 'offset' | 'lastOffset' | 'lastHash'> | undefined,
    crypto: Crypto,
  ): Promise<LogReader> {
    const { start, end } = await log.bounds();
    if (start > 0)
      throw new HostError('log-forked', `The log now starts at offset ${start}; its first records are gone.`);
    if (!progress) {
      return new LogReader(
        Reader.begin(ledger, crypto),
        { offset: 0, lastOffset: -1, lastHash: '' },
        log,
        crypto,
      );
    }
    const { reader, offset, lastOffset, lastHash } = progress;
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
    if (entry?.offset === lastOffset && toHex(this.crypto.sha256(entry.value)) === lastHash) return;
    throw new HostError(
      'log-forked',
      `At offset ${lastOffset} of the log stands another value than the record of position ${this.reader.size - 1} that was read there before.`,
    );
  }

  /** The next records, at most `limit`; none where nothing came in time. */
  async next(limit: number, signal: AbortSignal): Promise<Batch> {
    await this.readAhead({ waitMs: READ_WAIT_MS, signal });
    const steps: Step[] = [];
    const offsets: number[] = [];
    const noise: Noise[] = [];
    while (steps.length < limit) {
      const entry = this.ahead.shift();
      if (!entry) break;
      const { offset, value } = entry;
      const read = this.reader.next(value);
      this.place.offset = offset + 1;
      if ('noise' in read) {
        noise.push({ offset, value, reason: read.noise });
        continue;
      }
      this.place.lastOffset = offset;
      this.place.lastHash = toHex(this.crypto.sha256(value));
      steps.push(read.step);
      offsets.push(offset);
    }
    return { steps, offsets, noise };
  }

  /** Whether the log holds nothing beyond what `next` gave. */
  async isAtTail(): Promise<boolean> {
    await this.readAhead({ waitMs: 0 });
    return this.ahead.length === 0;
  }

  // More than the next batch may take: who waits for other services reads the log once, not once a record.
  private async readAhead(wait: Pick<ReadLimit, 'waitMs' | 'signal'>): Promise<void> {
    if (this.ahead.length > 0) return;
    const { offset } = this.place;
    this.ahead = [
      ...(await this.log.read(offset, { maxBytes: READ_BYTES, maxEntries: READ_ENTRIES, ...wait })),
    ];
  }
}
