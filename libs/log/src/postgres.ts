import type { Pool } from 'pg';
import { APPENDER_LIMITS, Appender, type AppenderLimits, type Transport } from './appender.js';
import { LogError } from './errors.js';
import { type Log, type LogBounds, type LogEntry, MAX_VALUE_BYTES, type ReadLimit } from './log.js';
import { PostgresListener } from './postgres-listener.js';
import { PostgresTable, type ValueRow } from './postgres-table.js';
import { RecentEntries } from './recent-entries.js';
import { readWaiting, TailSignal } from './waiting-read.js';

/** How often a waiting reader looks when no notification comes, in milliseconds. */
const POLL_MS = 500;

export interface PostgresLogOptions {
  /** The schema that holds the log, `tuf_log` by default. One log has one schema. */
  readonly schema?: string;
  readonly limits?: AppenderLimits;
}

/**
 * A log in a table of Postgres. Promises what `log.ts` says, as durably as that Postgres has `fsync`; offsets have no
 * gaps. An append takes two round trips: one that commits, one that reads the committed rows back.
 */
export class PostgresLog implements Log {
  readonly #table: PostgresTable;
  readonly #appender: Appender;
  readonly #tail: TailSignal;
  readonly #recent: RecentEntries;
  readonly #listener: PostgresListener;
  /** The highest end of the log that was told of. */
  #end = 0;
  /** How often there may have been appends that were not told of, and how many of those times a look has found the tail since. */
  #silences = 1;
  #silencesSettled = 0;
  #closed = false;

  private constructor(
    pool: Pool,
    parts: { table: PostgresTable; appender: Appender; tail: TailSignal; recent: RecentEntries },
  ) {
    this.#table = parts.table;
    this.#appender = parts.appender;
    this.#tail = parts.tail;
    this.#recent = parts.recent;
    this.#listener = new PostgresListener(pool, parts.table.schema, end => this.#hear(end));
  }

  /**
   * Opens the log, and creates it where it is missing. The pool stays its owner's, who closes it after the log; it
   * must parse `bytea` in the driver's own way and not have `binary: true`, which breaks that. Rejects with a
   * `LogError`: `log-unavailable`, or `log-shape` if the schema holds another table of that name.
   */
  static async open(pool: Pool, options: PostgresLogOptions = {}): Promise<PostgresLog> {
    ignoreIdleErrors(pool);
    const table = new PostgresTable(pool, options.schema ?? 'tuf_log');
    await table.create();
    const { end } = await table.bounds();
    const tail = new TailSignal();
    const recent = new RecentEntries();
    const transport = new PostgresTransport(table, entries => {
      recent.add(entries);
      tail.wake();
    });
    const appender = new Appender(transport, end, options.limits ?? APPENDER_LIMITS);
    return new PostgresLog(pool, { table, appender, tail, recent });
  }

  append(values: readonly Uint8Array[]): Promise<readonly number[]> {
    return this.#appender.append(values);
  }

  async read(from: number, limit: ReadLimit): Promise<readonly LogEntry[]> {
    let looks = 0;
    const look = async () => {
      this.#requireOpen();
      if (limit.waitMs > 0) this.#listener.start();
      const recent = this.#recent.from(from, limit);
      if (recent.length > 0) return recent;
      // Who waits at the tail is told of what comes; a look now would find nothing.
      if (looks++ === 0 && limit.waitMs > 0 && this.#isTail(from)) return [];
      const silences = this.#silences;
      const found = toEntries(await this.#table.page(from, limit.maxEntries, limit.maxBytes));
      if (found.length === 0) this.#silencesSettled = silences;
      return found;
    };
    const entries = await readWaiting(look, this.#tail, limit, POLL_MS);
    this.#appender.observe(entries);
    return entries;
  }

  #isTail(from: number): boolean {
    const isTold = this.#listener.isListening && this.#silencesSettled === this.#silences;
    return isTold && from >= this.#end && from >= this.#recent.end;
  }

  /** There was an append. What this process has under way it reads back, which wakes the readers too. */
  #hear(end: number | undefined): void {
    if (end !== undefined && end <= Math.max(this.#end, this.#recent.end)) return;
    if (end === undefined) this.#silences++;
    else this.#end = end;
    if (end === undefined || !this.#appender.isRunning) this.#tail.wake();
  }

  async bounds(): Promise<LogBounds> {
    this.#requireOpen();
    return this.#table.bounds();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#tail.wake();
    await this.#appender.close();
    await this.#listener.close();
  }

  #requireOpen(): void {
    if (this.#closed) throw new LogError('log-closed', `The log in schema ${this.#table.schema} was closed.`);
  }
}

/** A page of the tail: entries, and bytes of values. */
const TAIL_PAGE_ENTRIES = 4_096;
const TAIL_PAGE_BYTES = 4 * MAX_VALUE_BYTES;

class PostgresTransport implements Transport {
  readonly #table: PostgresTable;
  readonly #onRead: (entries: readonly LogEntry[]) => void;

  /** `onRead` is told of what was read back. */
  constructor(table: PostgresTable, onRead: (entries: readonly LogEntry[]) => void) {
    this.#table = table;
    this.#onRead = onRead;
  }

  send(values: readonly Uint8Array[]): Promise<number> {
    return this.#table.append(values);
  }

  /** The pool threw the failed connection away; its transaction may still be ending in the server. */
  abandon(): Promise<void> {
    return this.#table.settle();
  }

  async readTail(from: number): Promise<readonly LogEntry[]> {
    const entries = toEntries(await this.#table.page(from, TAIL_PAGE_ENTRIES, TAIL_PAGE_BYTES));
    this.#onRead(entries);
    return entries;
  }
}

/** Plain Uint8Arrays: a Buffer's `slice` shares memory where theirs copies, and readers must not have to know. */
function toEntries(rows: readonly ValueRow[]): LogEntry[] {
  return rows.map(({ log_offset, value }) => ({
    offset: Number(log_offset),
    value: new Uint8Array(value.buffer, value.byteOffset, value.byteLength),
  }));
}

const guardedPools = new WeakSet<Pool>();

/** An idle connection that breaks would end the process as an unhandled event; the next statement tells it anyway. */
function ignoreIdleErrors(pool: Pool): void {
  if (guardedPools.has(pool)) return;
  guardedPools.add(pool);
  pool.on('error', () => {});
}
