// Many events to the gateway, in order. One request is in flight at a time, because the ledger's order must be the events'
// order, and two requests at once could change places.

import type { RawEvent } from '#ledger';
import { CliError } from './errors.js';
import type { Gateway } from './gateway.js';
import type { Outcome } from './gateway-answers.js';
import { number } from './wording.js';

/** Events of one request, well below the 10,000 that the gateway takes: an interruption loses little. */
export const MAX_REQUEST_EVENTS = 1_000;
/** Characters of JSON of one request's events; even as UTF-8 below the 8 MiB that the gateway takes. */
export const MAX_REQUEST_CHARACTERS = 2_000_000;

export interface Sent {
  readonly requests: number;
  /** Of all records, in order. */
  readonly positions: readonly number[];
  /** With `event` counted over all that was sent; only what was waited for. */
  readonly outcomes: readonly Outcome[];
  /** Whether every request was answered as published. */
  readonly published: boolean;
  /** Whether a request was tried again, so that its events may be in the log twice, the second time without effect. */
  readonly retried: boolean;
}

/**
 * Sends events in as many requests as they need.
 * @param wait whether each request waits for its publication and outcomes.
 * @param onSent is told how many events the ledger holds so far.
 * @throws CliError with the number of events that the ledger holds already.
 */
export async function sendEvents(
  gateway: Gateway,
  events: readonly RawEvent[],
  wait: boolean,
  onSent: (events: number) => void = () => {},
): Promise<Sent> {
  const positions: number[] = [];
  const outcomes: Outcome[] = [];
  let sent = 0;
  let requests = 0;
  let published = wait;
  let retried = false;
  for (const batch of batchesOf(events)) {
    const append = await gateway.append(batch, wait).catch(error => {
      throw interrupted(error, sent, events.length);
    });
    requests += 1;
    positions.push(...append.positions);
    for (const outcome of append.outcomes ?? []) outcomes.push({ ...outcome, event: sent + outcome.event });
    published &&= append.published;
    retried ||= append.retried;
    sent += batch.length;
    onSent(sent);
  }
  return { requests, positions, outcomes, published, retried };
}

/** Cuts a list of events into requests; an event is never cut, even one above the limit. */
export function* batchesOf(events: readonly RawEvent[]): Generator<RawEvent[]> {
  let batch: RawEvent[] = [];
  let characters = 0;
  for (const event of events) {
    const length = JSON.stringify(event).length;
    if (
      batch.length === MAX_REQUEST_EVENTS ||
      (batch.length > 0 && characters + length > MAX_REQUEST_CHARACTERS)
    ) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(event);
    characters += length;
  }
  if (batch.length > 0) yield batch;
}

function interrupted(error: unknown, sent: number, total: number): unknown {
  if (!(error instanceof CliError) || sent === 0) return error;
  const detail = `${error.detail} ${number(sent)} of ${number(total)} events are in the ledger.`;
  const advice = `${error.advice} Then run the same command again: what the ledger holds changes nothing.`;
  return new CliError(error.code, detail, advice, { cause: error });
}
