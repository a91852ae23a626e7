/**
 * A log in a topic of Kafka. Promises what `log.ts` says, as durably as the topic's replicas: a value that was acknowledged is on
 * all replicas in sync. Offsets have gaps where a producer has used transactions, whose values are read like all others, as soon
 * as they are there.
 *
 * Reading that waits has a connection of its own. When that is lost, the next read says so by `log-unavailable`, so that whoever
 * follows the log looks whether it is still the one that he knew (DESIGN law 7); kafkajs alone would go on as if nothing had been.
 */

import { APPENDER_LIMITS, Appender, type AppenderLimits } from './appender.js';
import { LogError } from './errors.js';
import type { KafkaSettings } from './kafka-client.js';
import { KafkaLeader } from './kafka-leader.js';
import { checkKafkaTopic } from './kafka-topic.js';
import { KafkaTransport } from './kafka-transport.js';
import { type Log, type LogBounds, type LogEntry, MAX_VALUE_BYTES, type ReadLimit } from './log.js';
import { RecentEntries, withinLimit } from './recent-entries.js';

/** How long one request may wait in the broker for something to come, in milliseconds; readers of one log take turns. */
const FETCH_WAIT_MS = 1_000;
/** Most bytes of one request, unless a single batch has more. */
const FETCH_BYTES = 4 * MAX_VALUE_BYTES;

export interface KafkaLogOptions {
  readonly topic: string;
  readonly limits?: AppenderLimits;
}

export class KafkaLog implements Log {
  readonly #settings: KafkaSettings;
  readonly #topic: string;
  readonly #appender: Appender;
  readonly #transport: KafkaTransport;
  /** What waiting reads have fetched, so that none of it is fetched twice. */
  readonly #recent = new RecentEntries();
  readonly #closing = new AbortController();
  #following: Promise<KafkaLeader> | undefined;
  #asking: Promise<KafkaLeader> | undefined;
  /** The highest end of the log that was seen: no later look may find a lower one. */
  #seenEnd: number;

  private constructor(
    settings: KafkaSettings,
    { topic, limits = APPENDER_LIMITS }: KafkaLogOptions,
    end: number,
  ) {
    this.#settings = settings;
    this.#topic = topic;
    this.#seenEnd = end;
    this.#transport = new KafkaTransport(settings, topic, from => this.#look(from));
    this.#appender = new Appender(this.#transport, end, limits);
  }

  /**
   * Opens the log. Rejects with a `LogError`: `log-unavailable`; `log-denied`; `log-shape` where there is no such topic, or one
   * whose settings would lose or hide records (kafka-topic.ts).
   */
  static async open(settings: KafkaSettings, options: KafkaLogOptions): Promise<KafkaLog> {
    await checkKafkaTopic(settings, options.topic);
    const leader = await KafkaLeader.connect(settings, options.topic);
    const { end } = await leader.bounds().finally(() => leader.close());
    return new KafkaLog(settings, options, end);
  }

  append(values: readonly Uint8Array[]): Promise<readonly number[]> {
    return this.#appender.append(values);
  }

  async read(from: number, limit: ReadLimit): Promise<readonly LogEntry[]> {
    this.#requireOpen();
    const recent = this.#recent.from(from, limit);
    const entries = recent.length > 0 ? recent : await this.#fetch(from, limit);
    this.#appender.observe(entries);
    return entries;
  }

  async bounds(): Promise<LogBounds> {
    this.#requireOpen();
    return this.#ask(leader => this.#wholeBounds(leader));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#appender.close();
    await this.#transport.abandon();
    const leaders = [this.#following, this.#asking];
    await Promise.all(leaders.map(leader => leader?.then(open => open.close()).catch(() => undefined)));
  }

  async #fetch(from: number, limit: ReadLimit): Promise<readonly LogEntry[]> {
    const until = performance.now() + limit.waitMs;
    for (;;) {
      const left = Math.max(0, until - performance.now());
      const entries = left > 0 ? await this.#wait(from, left, limit) : await this.#look(from);
      this.#requireOpen();
      const given = withinLimit(entries, 0, limit);
      if (given.length > 0 || performance.now() >= until || limit.signal?.aborted) return given;
    }
  }

  /** Values from `from` on, once there are some, or nothing after a while. */
  async #wait(from: number, waitMs: number, { signal }: ReadLimit): Promise<readonly LogEntry[]> {
    if (signal?.aborted) return [];
    const fetching = this.#follow(from, Math.ceil(Math.min(waitMs, FETCH_WAIT_MS)));
    const entries = await sooner(fetching, [this.#closing.signal, ...(signal ? [signal] : [])]);
    return entries ?? [];
  }

  async #follow(from: number, waitMs: number): Promise<readonly LogEntry[]> {
    this.#following ??= this.#connect();
    const following = this.#following;
    try {
      const leader = await following;
      if (leader.isLost)
        throw new LogError('log-unavailable', `The connection to topic ${this.#topic} was lost.`);
      const entries = await this.#fetchFrom(leader, from, waitMs);
      this.#recent.add(entries);
      return entries;
    } catch (error) {
      if (this.#following === following) this.#following = undefined;
      void following.then(leader => leader.close()).catch(() => undefined);
      throw error;
    }
  }

  /** Values from `from` on that are there now; none at the log's end. */
  #look(from: number): Promise<readonly LogEntry[]> {
    return this.#ask(leader => this.#fetchFrom(leader, from, 0));
  }

  /** Asks by the other connection, which nobody waits on. */
  async #ask<T>(question: (leader: KafkaLeader) => Promise<T>): Promise<T> {
    await this.#forgetLost();
    this.#asking ??= this.#connect();
    const asking = this.#asking;
    try {
      return await question(await asking);
    } catch (error) {
      if (this.#asking === asking) this.#asking = undefined;
      void asking.then(leader => leader.close()).catch(() => undefined);
      throw error;
    }
  }

  /** Brokers end connections that nobody uses. */
  async #forgetLost(): Promise<void> {
    const asking = this.#asking;
    const leader = await asking?.catch(() => undefined);
    if (!leader?.isLost || this.#asking !== asking) return;
    this.#asking = undefined;
    void leader.close();
  }

  #connect(): Promise<KafkaLeader> {
    return KafkaLeader.connect(this.#settings, this.#topic);
  }

  async #fetchFrom(leader: KafkaLeader, from: number, waitMs: number): Promise<readonly LogEntry[]> {
    let at = from;
    for (;;) {
      const fetched = await leader.fetch(at, FETCH_BYTES, waitMs);
      if (!fetched) {
        await this.#wholeBounds(leader);
        return [];
      }
      const { entries, next } = fetched;
      this.#seenEnd = Math.max(this.#seenEnd, next);
      // Markers only: what stands behind them is wanted.
      if (entries.length > 0 || next === at) return entries;
      at = next;
    }
  }

  /** A log that has lost its first values or its last ones is not the log that it was. */
  async #wholeBounds(leader: KafkaLeader): Promise<LogBounds> {
    // Values may come, and be read, while the answer is on its way.
    const known = this.#seenEnd;
    const { start, end } = await leader.bounds();
    if (start > 0)
      throw new LogError(
        'log-forked',
        `Topic ${this.#topic} now starts at offset ${start}; its first values are gone.`,
      );
    if (end < known)
      throw new LogError(
        'log-forked',
        `Topic ${this.#topic} ends at offset ${end}, but values below ${known} were read from it before.`,
      );
    this.#seenEnd = Math.max(this.#seenEnd, end);
    return { start, end };
  }

  #requireOpen(): void {
    if (this.#closing.signal.aborted)
      throw new LogError('log-closed', `The log in topic ${this.#topic} was closed.`);
  }
}

/** What `work` gives, or undefined as soon as one of the signals aborts; what `work` gives or throws later is nobody's any more. */
async function sooner<T>(work: Promise<T>, signals: readonly AbortSignal[]): Promise<T | undefined> {
  const ended = new AbortController();
  const aborted = new Promise<undefined>(resolve => {
    for (const signal of signals)
      signal.addEventListener('abort', () => resolve(undefined), { signal: ended.signal });
  });
  work.catch(() => undefined);
  return Promise.race([work, aborted]).finally(() => ended.abort());
}
