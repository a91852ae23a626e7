/**
 * Gathering and confirming, once for every adapter.
 *
 * - Calls that come while a send is in flight are gathered into the next batch. One send is in flight.
 * - A batch is confirmed by reading it back. A transport's own acknowledgement confirms nothing: brokers have been
 *   seen to acknowledge what they did not keep.
 * - After any error, and after an acknowledged send that can't be read back, the batch is in doubt: the transport
 *   throws away what it sent with, the log is read from where its end was known before the batch to its present
 *   end, what is found there is acknowledged, and only the rest is sent again.
 * - The doubt outlives a batch that failed: the next batch is looked for in the same stretch of the log first, so
 *   that a caller who appends the same bytes again doesn't write them twice.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { Batch, PendingAppend } from './batch.js';
import { asLogError, LogError } from './errors.js';
import { type LogEntry, MAX_VALUE_BYTES } from './log.js';

/** What an adapter gives the appender: sending and reading, with no retry of their own. */
export interface Transport {
  /**
   * Sends values as one batch. Resolves to the offset that the log states for the first of them, if it states one:
   * a hint where to read back, trusted for nothing else. A rejection says nothing about what the log kept.
   */
  send(values: readonly Uint8Array[]): Promise<number | undefined>;

  /**
   * Called after a send that failed or can't be read back: throws away the producer or connection that it used and
   * waits, as far as the log can tell, until that send can no longer land.
   */
  abandon(): Promise<void>;

  /** A page of entries with offsets from `from` on, ascending and without leaving any out. Empty: the log ends here. */
  readTail(from: number): Promise<readonly LogEntry[]>;
}

export interface AppenderLimits {
  /** Most bytes of values in one batch, hence in one append. */
  readonly batchBytes: number;
  /** Most values in one batch, hence in one append. */
  readonly batchEntries: number;
  /** Most bytes of appends not yet settled, each value counted with `VALUE_COST_BYTES` on top. */
  readonly queuedBytes: number;
  /** How often what a batch is missing is sent before its callers are told. */
  readonly sends: number;
  /** How often the log is read for a batch after each send, and how often a failing read is tried again. */
  readonly reads: number;
  /** Pause before the second try of a read or send, in milliseconds; it doubles with each further one. */
  readonly pauseMs: number;
}

export const APPENDER_LIMITS: AppenderLimits = {
  batchBytes: MAX_VALUE_BYTES,
  batchEntries: 4_096,
  queuedBytes: 64 * MAX_VALUE_BYTES,
  sends: 3,
  reads: 9,
  pauseMs: 5,
};

/** What a queued value costs beside its bytes, so that empty values can't fill the memory. */
const VALUE_COST_BYTES = 64;

export class Appender {
  readonly #transport: Transport;
  readonly #limits: AppenderLimits;
  readonly #queue: PendingAppend[] = [];
  /** An end of the log seen before the current batch: nothing of it can stand below. */
  #knownEnd: number;
  #inDoubt = false;
  /** Offsets from `#knownEnd` on that callers were told while in doubt: each stands for one value only. */
  #acknowledged: number[] = [];
  #queuedBytes = 0;
  #closed = false;
  #running: Promise<void> | undefined;

  /** `end`: the log's end when it was opened. */
  constructor(transport: Transport, end: number, limits: AppenderLimits = APPENDER_LIMITS) {
    this.#transport = transport;
    this.#knownEnd = end;
    this.#limits = limits;
  }

  /** See `Log.append`. */
  async append(values: readonly Uint8Array[]): Promise<readonly number[]> {
    if (this.#closed) throw closed();
    if (values.length === 0) return [];
    this.#admit(values);
    const append = new PendingAppend(values);
    this.#queue.push(append);
    this.#queuedBytes += queueCost(values);
    this.#running ??= this.#run();
    return append.outcome;
  }

  /** Whether something is on its way into the log; it will be read back. */
  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Tells that these entries were read, so that a later search needn't begin below them. */
  observe(entries: readonly LogEntry[]): void {
    const last = entries.at(-1);
    const quiet = this.#running === undefined && !this.#inDoubt;
    if (quiet && last !== undefined) this.#knownEnd = Math.max(this.#knownEnd, last.offset + 1);
  }

  /** Rejects what is queued, and waits until the batch in flight is settled. It isn't sent again. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const append of this.#queue.splice(0)) append.settle(closed());
    await this.#running;
  }

  #admit(values: readonly Uint8Array[]): void {
    const { batchBytes, batchEntries, queuedBytes } = this.#limits;
    const large = values.findIndex(value => value.length > MAX_VALUE_BYTES);
    if (large !== -1) {
      throw new LogError(
        'value-too-large',
        `Value ${large} has ${values[large]!.length} bytes; the log takes ${MAX_VALUE_BYTES}.`,
      );
    }
    if (values.length > batchEntries || byteLength(values) > batchBytes) {
      throw new LogError(
        'value-too-large',
        `An append of ${values.length} values, ${byteLength(values)} bytes; a batch holds ${batchEntries} values and ${batchBytes} bytes.`,
      );
    }
    if (this.#queuedBytes + queueCost(values) > queuedBytes) {
      throw new LogError(
        'log-busy',
        `${this.#queuedBytes} bytes wait to be appended; the bound is ${queuedBytes}.`,
      );
    }
  }

  async #run(): Promise<void> {
    // Callers of the same tick belong into the same batch.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const appends = this.#takeBatch();
      const batch = new Batch(appends, this.#acknowledged);
      batch.settle(await this.#deliver(batch));
      for (const append of appends) this.#queuedBytes -= queueCost(append.values);
    }
    this.#running = undefined;
  }

  #takeBatch(): PendingAppend[] {
    let bytes = 0;
    let entries = 0;
    let count = 0;
    for (const { values } of this.#queue) {
      bytes += byteLength(values);
      entries += values.length;
      if (bytes > this.#limits.batchBytes || entries > this.#limits.batchEntries) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  /** Brings the batch into the log. Returns what to tell the callers whose values were not found there. */
  async #deliver(batch: Batch): Promise<LogError> {
    let failure = closed();
    try {
      for (let sends = 0; sends < this.#limits.sends; sends++) {
        await this.#pause(sends);
        if (this.#inDoubt) await this.#search(batch);
        if (batch.confirmed || this.#closed) break;
        failure = (await this.#send(batch)) ?? failure;
        if (batch.confirmed) break;
      }
      if (!batch.confirmed && this.#inDoubt) await this.#search(batch);
    } catch (error) {
      failure = asLogError(error, 'Reading the log back');
    }
    this.#conclude(batch);
    return failure;
  }

  /** A confirmed batch ends every doubt: whatever is sent from now on stands behind it. */
  #conclude(batch: Batch): void {
    this.#acknowledged.push(...batch.acknowledged);
    if (!batch.confirmed) return;
    for (const offset of this.#acknowledged) this.#knownEnd = Math.max(this.#knownEnd, offset + 1);
    this.#acknowledged = [];
    this.#inDoubt = false;
  }

  /** Sends what is missing and reads it back. Returns why it is still missing. */
  async #send(batch: Batch): Promise<LogError | undefined> {
    this.#inDoubt = true;
    let first: number | undefined;
    try {
      first = await this.#transport.send(batch.missing());
    } catch (error) {
      const failure = asLogError(error, 'Sending to the log');
      if (!failure.retryable) throw failure;
      return failure;
    }
    return this.#readBack(batch, Math.max(first ?? 0, this.#knownEnd));
  }

  /** Reads an acknowledged batch, which some logs show a moment later. */
  async #readBack(batch: Batch, from: number): Promise<LogError | undefined> {
    let failure = new LogError('log-unavailable', 'The log acknowledged values and does not show them.');
    for (let reads = 0; reads < this.#limits.reads; reads++) {
      await this.#pause(reads);
      try {
        await this.#scan(batch, from);
      } catch (error) {
        failure = asLogError(error, 'Reading the log back');
        if (!failure.retryable) throw failure;
      }
      if (batch.confirmed) return undefined;
    }
    return failure;
  }

  /** After a doubt: looks for the batch through to the log's end. Throws when the end can't be reached. */
  async #search(batch: Batch): Promise<void> {
    for (let reads = 1; ; reads++) {
      try {
        await this.#transport.abandon();
        return await this.#scan(batch, this.#knownEnd);
      } catch (error) {
        const failure = asLogError(error, 'Reading the end of the log');
        if (!failure.retryable || reads >= this.#limits.reads) throw failure;
      }
      await this.#pause(reads);
    }
  }

  /** Reads from `from` to the log's end, or until the batch is found. */
  async #scan(batch: Batch, from: number): Promise<void> {
    let at = from;
    while (!batch.confirmed) {
      const page = await this.#transport.readTail(at);
      const last = page.at(-1);
      if (last === undefined) return;
      for (const entry of page) batch.claim(entry);
      at = last.offset + 1;
    }
  }

  async #pause(tries: number): Promise<void> {
    if (tries > 0) await pause(this.#limits.pauseMs * 2 ** (tries - 1));
  }
}

function byteLength(values: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const value of values) bytes += value.length;
  return bytes;
}

function queueCost(values: readonly Uint8Array[]): number {
  return byteLength(values) + values.length * VALUE_COST_BYTES;
}

function closed(): LogError {
  return new LogError('log-closed', 'The log was closed before the values were read back.');
}
