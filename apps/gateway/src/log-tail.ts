// The gateway's place in the reading of the log. It begins where projector-root has come to and follows the tail. From it the
// publisher knows the last admitted sequence numbers, and every append learns what its values became: positions, or noise.

import type { Batch, Follower, LogReader, Place } from '#host';
import type { Authority, LedgerOpened, NoiseReason } from '#ledger';
import { type Log, LogError } from '#log';
import { Reader } from '#projection';
import { type Crypto, toHex } from '#tuf';
import { Problem } from './problem.js';

/** How often the same bytes are appended while the log does not answer, and the pause between two tries in milliseconds. */
const APPEND_TRIES = 3;
const APPEND_PAUSE_MS = 200;
/** How long an append waits for its own reader to come by what the log has acknowledged, in milliseconds. */
const READ_LIMIT_MS = 30_000;

/** What a value became: a record's position, or why it is noise. */
export type Fate = { readonly position: number } | { readonly noise: NoiseReason };

export interface LogTailParts {
  readonly log: Log;
  readonly crypto: Crypto;
  /** Where the reading begins: a projection's progress, or undefined for the start of the log. */
  readonly from: () => Promise<Place | undefined>;
}

/** Resolves when the log was read through `offset`, or rejects when it won't be. */
interface Waiter {
  readonly offset: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class LogTail implements Follower {
  /** Values of the log that were no records, by reason, since the start. */
  readonly noise = new Map<NoiseReason, number>();
  /** Appends that failed, by code, since the start. */
  readonly appendErrors = new Map<string, number>();
  private readonly waiters = new Set<Waiter>();
  /** What became of the values that are being appended, by the SHA-256 of each. */
  private readonly watched = new Map<string, { fate?: Fate; watchers: number }>();
  private ended: Error | undefined;
  private atTail = false;
  /** Where it was after the last batch, for the case that the reading begins again. */
  private kept: Place | undefined;
  /** The log was taken in below this offset; the reading itself may be ahead by a batch. */
  private offset = 0;
  private current: LogReader | undefined;
  private endAtStart = 0;

  constructor(private readonly parts: LogTailParts) {}

  async place(): Promise<Place | undefined> {
    const place = this.kept ?? (await this.parts.from());
    if (!this.kept) this.endAtStart = (await this.parts.log.bounds()).end;
    return place;
  }

  async begin(reading: LogReader): Promise<void> {
    this.current = reading;
    this.offset = reading.place.offset;
    this.wakeWaiters();
  }

  async take({ steps, noise }: Batch): Promise<void> {
    for (const { position, value } of steps) this.note(value, { position });
    for (const { value, reason } of noise) {
      this.noise.set(reason, (this.noise.get(reason) ?? 0) + 1);
      this.note(value, { noise: reason });
    }
    // A broker's markers take offsets that no read gives, so "nothing more" says "at the tail" where the offset does not.
    this.atTail ||= steps.length === 0 && noise.length === 0;
    this.kept = this.reading.save();
    this.offset = this.kept.offset;
    this.wakeWaiters();
  }

  /** The reading has ended for good; appends under way are told why. */
  stop(
    reason: Error = new Problem('stopping', 'The service is stopping; what was sent may be in the ledger.'),
  ): void {
    this.ended ??= reason;
    for (const waiter of [...this.waiters]) waiter.reject(this.ended);
  }

  /** Records read so far, which is the position of the next. */
  get size(): number {
    return this.reading.reader.size;
  }

  /** The same, and what was read before while the reading begins again; 0 before it has begun. */
  get sizeRead(): number {
    return this.current?.reader.size ?? 0;
  }

  /** Records up to `offset`, and perhaps some beyond, once the log was read through it; infinite where it was not within `limitMs`. */
  async sizeThrough(offset: number, limitMs: number): Promise<number> {
    return this.readThrough(offset, limitMs).then(
      () => this.size,
      () => Infinity,
    );
  }

  /** The Merkle root (64 hex digits) of those records. */
  get rootHash(): string {
    return this.reading.reader.rootHash;
  }

  /** Publishers and their sequences as of the records read so far; absent before the opening. */
  get authority(): Authority | undefined {
    return this.reading.reader.authority;
  }

  /** What the opening fixed. @throws Problem `ledger-not-open` before it was read. */
  get opened(): LedgerOpened {
    const { opened } = this.reading.reader;
    if (opened) return opened;
    throw new Problem(
      'ledger-not-open',
      'The log holds no opening record of this ledger yet; try again when it does.',
    );
  }

  /** Why the reader ended, if it did. */
  get failure(): Error | undefined {
    return this.ended;
  }

  /** Whether all that was in the log at the start has been read. */
  get isCaughtUp(): boolean {
    return this.current !== undefined && (this.atTail || this.offset >= this.endAtStart);
  }

  /** Resolves when it has joined the reading, so that requests can be taken; rejects after `limitMs`, if given. */
  async begun(limitMs?: number): Promise<void> {
    if (!this.current) await this.readThrough(-1, limitMs);
  }

  /** Resolves when all that was in the log at the start has been read. */
  async caughtUp(): Promise<void> {
    await this.begun();
    if (!this.isCaughtUp) await this.readThrough(this.endAtStart - 1);
  }

  /** What a value would become if it were the next of the log. @throws LedgerError `rules-unknown` for an activation that would stop every service. */
  judge(value: Uint8Array): Fate {
    const copy = Reader.resume(this.reading.reader.save(), this.parts.crypto);
    const read = copy.next(value);
    return 'noise' in read ? read : { position: read.step.position };
  }

  /**
   * Appends values in their order and gives what each became, once it was read from the log. The same bytes are found rather
   * than written twice, so that it is safe to try again.
   * @throws LogError where the log does not answer: what was sent may be in it. Problem `stopping`.
   */
  async append(values: readonly Uint8Array[]): Promise<readonly Fate[]> {
    const keys = values.map(value => this.watch(value));
    try {
      const offsets = await this.appendTrying(values);
      await this.readThrough(offsets.at(-1)!, READ_LIMIT_MS);
      return keys.map(key => this.fateOf(key));
    } finally {
      for (const key of keys) this.unwatch(key);
    }
  }

  private async appendTrying(values: readonly Uint8Array[]): Promise<readonly number[]> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.parts.log.append(values);
      } catch (error) {
        const code = error instanceof LogError ? error.code : 'internal';
        this.appendErrors.set(code, (this.appendErrors.get(code) ?? 0) + 1);
        const again = error instanceof LogError && error.code === 'log-unavailable' && tries < APPEND_TRIES;
        if (!again || this.ended) throw error;
        await pause(APPEND_PAUSE_MS);
      }
    }
  }

  private watch(value: Uint8Array): string {
    const key = this.keyOf(value);
    const watched = this.watched.get(key) ?? { watchers: 0 };
    watched.watchers++;
    this.watched.set(key, watched);
    return key;
  }

  private unwatch(key: string): void {
    const watched = this.watched.get(key)!;
    watched.watchers--;
    if (watched.watchers === 0) this.watched.delete(key);
  }

  private fateOf(key: string): Fate {
    const { fate } = this.watched.get(key)!;
    if (fate) return fate;
    throw new Problem(
      'log-unavailable',
      'The log acknowledged a value that it held before this request; send the events again.',
    );
  }

  private keyOf(value: Uint8Array): string {
    return toHex(this.parts.crypto.sha256(value));
  }

  /** A value that stands in the log twice is a record once: being a record counts, whichever copy was acknowledged. */
  private note(value: Uint8Array, fate: Fate): void {
    if (this.watched.size === 0) return;
    const watched = this.watched.get(this.keyOf(value));
    if (watched && !(watched.fate && 'position' in watched.fate)) watched.fate = fate;
  }

  private get reading(): LogReader {
    if (this.current) return this.current;
    throw new Problem('starting', 'The service has not begun to read the log yet; try again shortly.');
  }

  private wakeWaiters(): void {
    for (const waiter of [...this.waiters]) {
      const caughtUp = this.atTail && waiter.offset < this.endAtStart;
      if (caughtUp || this.offset > waiter.offset) waiter.resolve();
    }
  }

  /** Resolves when the log was read through `offset`; rejects after `limitMs`, if given. */
  private async readThrough(offset: number, limitMs?: number): Promise<void> {
    if (this.ended) throw this.ended;
    if (this.current && this.offset > offset) return;
    let waiter: Waiter | undefined;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      waiter = { offset, resolve, reject };
      this.waiters.add(waiter);
      if (limitMs !== undefined) timer = setTimeout(() => reject(notRead(limitMs)), limitMs);
    }).finally(() => {
      clearTimeout(timer);
      this.waiters.delete(waiter!);
    });
  }
}

function notRead(ms: number): Problem {
  const detail = `The log took the events, but did not show them to this service's reader within ${ms} ms. Sending them again is safe.`;
  return new Problem('log-unavailable', detail);
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}
