/** A gateway over a ledger in memory: gives its log, takes events and envelopes that are records, and tells what became of them. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { outcomesOf } from '../../../test/fixtures/outcomes.js';
import type { TestLedger } from '../../../test/fixtures/test-ledger.js';
import { serve } from './local-server.js';

/** Values of one page of the log; few, so that there are several. */
const PAGE = 2;

/** Serves `ledger` for one test and gives its URL. With `late`, outcomes are not known in time. */
export function serveLedger(ledger: TestLedger, { late = false } = {}): Promise<string> {
  return serve(async (request, response) => {
    const url = new URL(request.url!, 'http://localhost');
    if (request.method === 'POST') return append(ledger, late, request, response);
    if (url.pathname === '/v1/ledger')
      return answer(response, 200, { ledger: ledger.ledger, size: ledger.effects.length });
    const from = Number(url.searchParams.get('after') ?? -1) + 1;
    const log = ledger.values
      .slice(from, from + PAGE)
      .map((value, i) => ({ offset: from + i, value: Buffer.from(value).toString('base64') }));
    return answer(response, 200, { log, next: log.at(-1)?.offset ?? null });
  });
}

async function append(
  ledger: TestLedger,
  late: boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await buffer(request);
  // Events are sealed by the gateway's own key.
  const isEnvelope = request.headers['content-type'] === 'application/vnd.dsse+json';
  const value = isEnvelope
    ? new Uint8Array(body)
    : ledger.record(ledger.gateway, JSON.parse(body.toString()).events);
  const effects = ledger.append(value);
  if (!effects) return answer(response, 422, { code: 'noise', detail: 'The envelope would be noise.' });
  const { position } = effects.step;
  const outcomes = outcomesOf(effects).map(({ event, verdict }) => ({
    event,
    position,
    result: verdict.result,
    ...(verdict.result === 'rejected' && verdict.rejection),
  }));
  answer(response, late ? 202 : 200, { positions: [position], outcomes: late ? [] : outcomes });
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
