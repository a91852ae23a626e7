import { setMaxListeners } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLog } from '#host';
import { EventSource } from '../../../test/fixtures/event-source.js';
import type { RecordOutcomes } from '../src/folded-records.js';
import { MAX_LISTENERS, OutcomeStream, type StreamTimes } from '../src/outcome-stream.js';

const TIMES: StreamTimes = { keepAliveMs: 20, slowLimitMs: 200 };
/** A record of many events, larger than what a socket and its reader hold back. */
const LARGE_EVENTS = 20_000;

type Page = (first: number, signal: AbortSignal) => Promise<RecordOutcomes[]>;

const nothing: Page = (_, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

let server: Server;
let stopping: AbortController;
afterEach(() => new Promise(resolve => server.close(resolve)));

/** A server whose records come from `page`; gives its port, and what was thrown at each listener. */
async function serve(page: Page): Promise<{ port: number; refused: string[]; ended: Promise<void>[] }> {
  const stream = new OutcomeStream({ next: 7, page }, silentLog, TIMES);
  const refused: string[] = [];
  const ended: Promise<void>[] = [];
  stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  server = createServer((_, response) => {
    const sent = stream.send(response as never, undefined, stopping.signal).catch(error => {
      refused.push(error.code);
      response.writeHead(error.status).end();
    });
    ended.push(sent);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as { port: number }).port, refused, ended };
}

function large(position: number): RecordOutcomes {
  const events = Array.from({ length: LARGE_EVENTS }, (_, event) => ({ event, result: 'applied' as const }));
  return { position, events };
}

describe('a stream of outcomes', () => {
  it('asks for a page when the one before was taken, and says meanwhile that it lives', async () => {
    const asked: number[] = [];
    const page: Page = async (first, signal) => {
      asked.push(first);
      return first > 8 ? nothing(first, signal) : [{ position: first, events: [] }];
    };
    const { port, ended } = await serve(page);
    const source = await EventSource.open(`http://127.0.0.1:${port}`);
    expect(await source.through(8)).toHaveLength(2);
    expect(asked).toEqual([7, 8, 9]);
    const next = source.next();
    await expect.poll(() => source.besides.filter(text => text === ':').length).toBeGreaterThan(2);
    stopping.abort();
    expect(await next).toBeUndefined();
    await Promise.all(ended);
  });

  it('cuts off who takes nothing, having asked for no more than fits on the way', async () => {
    let asked = 0;
    const { port, ended } = await serve(async first => {
      asked++;
      return [large(first)];
    });
    const socket = connect(port, '127.0.0.1');
    socket.pause();
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => ended.length).toBe(1);
    await ended[0];
    const before = asked;
    await new Promise(resolve => setTimeout(resolve, 2 * TIMES.slowLimitMs));
    expect(asked).toBe(before);
    socket.destroy();
  });

  it('is given to so many at once, and to the next when one leaves', async () => {
    const { port, refused, ended } = await serve(nothing);
    const url = `http://127.0.0.1:${port}`;
    const all = await Promise.all(Array.from({ length: MAX_LISTENERS }, () => EventSource.open(url)));
    expect((await EventSource.open(url)).answer.status).toBe(503);
    expect(refused).toEqual(['streams-full']);
    all[0]!.leave();
    await Promise.race(ended.slice(0, MAX_LISTENERS));
    expect((await EventSource.open(url)).answer.status).toBe(200);
    stopping.abort();
    await Promise.all(ended);
  });

  it('ends with an error of the ledger, so that its client comes back', async () => {
    const { port, ended } = await serve(async () => {
      throw new Error('Postgres is away');
    });
    const source = await EventSource.open(`http://127.0.0.1:${port}`);
    expect(await source.next()).toBeUndefined();
    await Promise.all(ended);
  });
});
