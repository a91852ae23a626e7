/**
 * A log in memory, for tests: promises what `log.ts` says, except that it ends with the process. Faults are scripted
 * by the test, and nothing else goes wrong.
 */

import { APPENDER_LIMITS, Appender, type AppenderLimits, type Transport } from './appender.js';
import { LogError } from './errors.js';
import type { Log, LogBounds, LogEntry, ReadLimit } from './log.js';
import { readWaiting, TailSignal } from './waiting-read.js';

/**
 * What befalls one send:
 * - `refused`: fails, and nothing is kept.
 * - `unacknowledged`: is kept, and fails all the same.
 * - `late`: fails, and lands after the next look at the tail.
 * - `cut short`: keeps all but the last value, and fails.
 * - `phantom`: is acknowledged, and nothing is kept.
 * - `twice`: is acknowledged, and kept two times.
 */
export type SendFault = 'refused' | 'unacknowledged' | 'late' | 'cut short' | 'phantom' | 'twice';

/**
 * What befalls one look at the log:
 * - `failed`: rejects.
 * - `short`: gives one entry only.
 * - `behind`: gives nothing, as if what is there were not visible yet.
 */
export type ReadFault = 'failed' | 'short' | 'behind';

/**
 * What befalls one operation after the other, `undefined` being nothing: a list, used up from the front, after which all
 * passes; or a function that is asked when an operation begins, which then waits for its answer.
 */
type FaultScript<F> = (F | undefined)[] | (() => Promise<F | undefined>);

export interface LogFaults {
  readonly sends?: FaultScript<SendFault>;
  /** For the appender's own looks at the tail. */
  readonly tails?: FaultScript<ReadFault>;
  /** For `read`. */
  readonly reads?: FaultScript<ReadFault>;
}

async function nextOf<F>(script: FaultScript<F> = []): Promise<F | undefined> {
  return typeof script === 'function' ? script() : script.shift();
}

/** What the logs opened on it share, and what outlives them. */
export class MemoryTopic {
  readonly #values: Uint8Array[] = [];
  readonly #tails = new Set<TailSignal>();
  #late: readonly Uint8Array[] = [];

  get end(): number {
    return this.#values.length;
  }

  /** Keeps the values; returns the offset of the first. Also for tests that write what no `Log` would. */
  push(values: readonly Uint8Array[]): number {
    const first = this.#values.length;
    for (const value of values) this.#values.push(value.slice());
    for (const tail of this.#tails) tail.wake();
    return first;
  }

  /** Keeps the values with the next `land`. */
  delay(values: readonly Uint8Array[]): void {
    this.#late = [...this.#late, ...values];
  }

  land(): void {
    const late = this.#late;
    this.#late = [];
    if (late.length > 0) this.push(late);
  }

  page(from: number, maxEntries: number, maxBytes: number): LogEntry[] {
    const page: LogEntry[] = [];
    let bytes = 0;
    for (let offset = from; offset < this.#values.length && page.length < maxEntries; offset++) {
      const value = this.#values[offset]!;
      bytes += value.length;
      if (bytes > maxBytes && page.length > 0) break;
      page.push({ offset, value: value.slice() });
    }
    return page;
  }

  attach(tail: TailSignal): void {
    this.#tails.add(tail);
  }

  detach(tail: TailSignal): void {
    this.#tails.delete(tail);
  }
}

/** Waiting readers of a MemoryLog miss no wake-up; this only keeps timers short. Milliseconds. */
const POLL_MS = 10_000;

export class MemoryLog implements Log {
  readonly #topic: MemoryTopic;
  readonly #faults: LogFaults;
  readonly #tail = new TailSignal();
  readonly #appender: Appender;
  #closed = false;

  constructor(topic: MemoryTopic, faults: LogFaults = {}, limits: AppenderLimits = APPENDER_LIMITS) {
    this.#topic = topic;
    this.#faults = faults;
    this.#appender = new Appender(new MemoryTransport(topic, faults), topic.end, limits);
    topic.attach(this.#tail);
  }

  append(values: readonly Uint8Array[]): Promise<readonly number[]> {
    return this.#appender.append(values);
  }

  async read(from: number, limit: ReadLimit): Promise<readonly LogEntry[]> {
    const look = async () => {
      const fault = await nextOf(this.#faults.reads);
      if (this.#closed) throw new LogError('log-closed', 'The log in memory was closed.');
      return afflict(this.#topic.page(from, limit.maxEntries, limit.maxBytes), fault);
    };
    const entries = await readWaiting(look, this.#tail, limit, POLL_MS);
    this.#appender.observe(entries);
    return entries;
  }

  async bounds(): Promise<LogBounds> {
    if (this.#closed) throw new LogError('log-closed', 'The log in memory was closed.');
    return { start: 0, end: this.#topic.end };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#topic.detach(this.#tail);
    this.#tail.wake();
    await this.#appender.close();
  }
}

/** Entries in one page of the tail. */
const TAIL_PAGE_ENTRIES = 1_000;

class MemoryTransport implements Transport {
  readonly #topic: MemoryTopic;
  readonly #faults: LogFaults;

  constructor(topic: MemoryTopic, faults: LogFaults) {
    this.#topic = topic;
    this.#faults = faults;
  }

  async send(values: readonly Uint8Array[]): Promise<number | undefined> {
    const fault = await nextOf(this.#faults.sends);
    if (fault === 'phantom') return this.#topic.end;
    if (fault === 'late') this.#topic.delay(values);
    if (fault === 'unacknowledged') this.#topic.push(values);
    if (fault === 'cut short') this.#topic.push(values.slice(0, -1));
    if (fault === undefined || fault === 'twice') {
      const first = this.#topic.push(values);
      return fault === 'twice' ? this.#topic.push(values) : first;
    }
    throw new LogError('log-unavailable', `The scripted fault of this send is "${fault}".`);
  }

  async abandon(): Promise<void> {}

  async readTail(from: number): Promise<readonly LogEntry[]> {
    const fault = await nextOf(this.#faults.tails);
    const page = this.#topic.page(from, TAIL_PAGE_ENTRIES, Number.POSITIVE_INFINITY);
    this.#topic.land();
    return afflict(page, fault);
  }
}

function afflict(page: LogEntry[], fault: ReadFault | undefined): LogEntry[] {
  if (fault === 'failed')
    throw new LogError('log-unavailable', 'The scripted fault of this read is "failed".');
  if (fault === 'behind') return [];
  return fault === 'short' ? page.slice(0, 1) : page;
}
