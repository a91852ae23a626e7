// Outcomes as server-sent events (HTML, 9.2): one event for each record that all projectors have folded, in the order of the log,
//
//   id: POSITION
//   data: {"position":POSITION,"events":[{"event":INDEX,"result":...},...]}
//
// whoever has appended it. Each listener reads the ledger at its own pace: a page is asked for when the one before was taken, so
// nothing waits in memory but a page for each. One that takes nothing for a while is cut off, and goes on from the last `id` that
// it has seen when it comes back.

import type { Response } from 'express';
import type { ServiceLog } from '#host';
import type { FoldedRecords, RecordOutcomes } from './folded-records.js';
import { Problem } from './problem.js';

/** Listeners at once. Each costs a page of records, and a few queries whenever records come. */
export const MAX_LISTENERS = 64;
/** How often a comment says that the connection lives, in milliseconds: proxies end those that are silent for a minute. */
const KEEP_ALIVE_MS = 15_000;
/** How long a listener may take nothing of what is there for it, in milliseconds. */
const SLOW_LIMIT_MS = 30_000;
/** How long a client should wait until it comes back, in milliseconds. */
const RETRY_MS = 1_000;
/** How long the last of a stream may be on its way, in milliseconds. */
const END_LIMIT_MS = 1_000;

const HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-store',
  // Else nginx gathers events before it passes them on.
  'X-Accel-Buffering': 'no',
};

/** How long a stream waits; see the constants above. */
export interface StreamTimes {
  readonly keepAliveMs: number;
  readonly slowLimitMs: number;
}

const TIMES: StreamTimes = { keepAliveMs: KEEP_ALIVE_MS, slowLimitMs: SLOW_LIMIT_MS };

export class OutcomeStream {
  private listeners = 0;

  constructor(
    private readonly records: Pick<FoldedRecords, 'next' | 'page'>,
    private readonly report: ServiceLog,
    private readonly times: StreamTimes = TIMES,
  ) {}

  /**
   * Sends outcomes of the records above position `after`, or of those that are still to come, until the client leaves or `stopping`
   * aborts.
   * @throws Problem `streams-full`, `starting`, `ledger-not-open`, before anything was sent.
   */
  async send(response: Response, after: number | undefined, stopping: AbortSignal): Promise<void> {
    if (this.listeners >= MAX_LISTENERS)
      throw new Problem('streams-full', `${MAX_LISTENERS} listen already; ask for single records meanwhile.`);
    const first = after === undefined ? this.records.next : after + 1;
    this.listeners++;
    const ending = new AbortController();
    const end = () => ending.abort();
    response.once('close', end);
    stopping.addEventListener('abort', end);
    if (stopping.aborted) end();
    try {
      await this.sendFrom(first, response, ending.signal);
    } catch (error) {
      // The client comes back, and is told then what is wrong.
      if (!ending.signal.aborted) this.report('warn', (error as Error).message);
    } finally {
      stopping.removeEventListener('abort', end);
      this.listeners--;
      finish(response);
    }
  }

  private async sendFrom(first: number, response: Response, signal: AbortSignal): Promise<void> {
    response.writeHead(200, HEADERS);
    response.write(`retry: ${RETRY_MS}\n\n`);
    const living = setInterval(() => {
      if (!response.writableNeedDrain) response.write(':\n\n');
    }, this.times.keepAliveMs);
    try {
      for (let next = first; !signal.aborted; ) {
        for (const record of await this.records.page(next, signal)) {
          if (!response.write(textOf(record))) await this.taken(response, signal);
          next = record.position + 1;
        }
      }
    } finally {
      clearInterval(living);
    }
  }

  /** Waits until the client has taken what was written. @throws Error where it does not in time, or `signal` aborts. */
  private taken(response: Response, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (fault?: Error) => {
        clearTimeout(timer);
        response.off('drain', drained);
        signal.removeEventListener('abort', ended);
        if (fault) reject(fault);
        else resolve();
      };
      const drained = () => settle();
      const ended = () => settle(new Error('The stream of outcomes has ended.'));
      const { slowLimitMs } = this.times;
      const slow = `A listener to outcomes took nothing for ${slowLimitMs} ms and was cut off.`;
      const timer = setTimeout(() => settle(new Error(slow)), slowLimitMs);
      response.once('drain', drained);
      signal.addEventListener('abort', ended);
      if (signal.aborted) ended();
    });
  }
}

/** The event of a record. JSON has no line feeds, so its data is one line. */
function textOf(record: RecordOutcomes): string {
  return `id: ${record.position}\ndata: ${JSON.stringify(record)}\n\n`;
}

/** Ends an answer, also where its client takes nothing any more. */
function finish(response: Response): void {
  if (response.writableNeedDrain) {
    response.destroy();
    return;
  }
  const timer = setTimeout(() => response.destroy(), END_LIMIT_MS);
  response.once('close', () => clearTimeout(timer));
  response.end();
}
