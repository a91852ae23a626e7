// Waiting until what was sent is published: until a complete state was cut after it. A state covers every record before its
// cut, so the newest position is all there is to wait for.

import type { Environment } from './environment.js';
import { CliError } from './errors.js';
import type { Gateway } from './gateway.js';
import type { RejectedEvent } from './gateway-answers.js';
import type { Sent } from './send.js';
import { span } from './wording.js';

/** Milliseconds between two looks at the server. */
const POLL_MS = 500;
/** Milliseconds without any change at the server, after which waiting ends. */
const STALLED_MS = 120_000;
/** Milliseconds of rest after which a server that may have nothing to publish is believed to have nothing. */
const AT_REST_MS = 10_000;
/** States looked at: the newest may be incomplete, and one before it cover the position. */
const RECENT_STATES = 10;

/** How waiting ended. `state` is absent where nothing was left to publish: all was rejected, or had been published before. */
export interface Publication {
  readonly state?: number;
  readonly rejected: readonly RejectedEvent[];
}

/**
 * Waits for the publication of `events` events that were sent.
 * @throws CliError `not-published` where the server makes no progress for STALLED_MS.
 */
export async function awaitPublication(
  gateway: Gateway,
  sent: Sent,
  events: number,
  environment: Environment,
): Promise<Publication> {
  const last = sent.positions.reduce((most, position) => Math.max(most, position));
  let seen = '';
  let changedAt = environment.now();
  let rejected: readonly RejectedEvent[] | undefined;
  for (;;) {
    const { state, idle, fingerprint } = await look(gateway, last);
    if (state !== undefined) return { state, rejected: await rejectionsAmong(gateway, sent.positions) };
    if (fingerprint !== seen) changedAt = environment.now();
    seen = fingerprint;
    const rest = environment.now() - changedAt;
    if (idle) {
      rejected ??= await rejectionsAmong(gateway, sent.positions);
      if (rejected.length >= events) return { rejected };
      // A retried request's first copy may have been published before the copy whose position is known.
      if (sent.retried && rest >= AT_REST_MS) return { rejected };
    }
    if (rest >= STALLED_MS) throw stalled(last, rest);
    await environment.sleep(POLL_MS);
  }
}

interface Look {
  /** The newest complete state that covers the position. */
  readonly state: number | undefined;
  /** Whether every service has read past the position, and no state is open. */
  readonly idle: boolean;
  /** Changes whenever anything moves. */
  readonly fingerprint: string;
}

async function look(gateway: Gateway, position: number): Promise<Look> {
  const states = await gateway.first('states', RECENT_STATES);
  const covering = states.find(state => state.complete && state.cut > position);
  const { services } = await gateway.readiness();
  const read = services.every(service => service.lag === 0 && service.position >= position);
  return {
    state: covering?.state,
    idle: read && states[0]?.complete !== false,
    fingerprint: JSON.stringify([states[0], services.map(service => service.position)]),
  };
}

/** The rejections of events at these positions. The list is filtered here too, so its order does not matter. */
async function rejectionsAmong(gateway: Gateway, positions: readonly number[]): Promise<RejectedEvent[]> {
  const ours = new Set(positions);
  const first = positions.reduce((least, position) => Math.min(least, position));
  const rejected: RejectedEvent[] = [];
  for await (const rejection of gateway.all('rejections', { after: String(first - 1) })) {
    if (ours.has(rejection.position)) rejected.push(rejection);
  }
  return rejected;
}

function stalled(position: number, rest: number): CliError {
  return new CliError(
    'not-published',
    `The ledger holds everything up to position ${position}, but nothing has moved there for ${span(rest)}, and it is not published.`,
    "See `tuf-ledger status` for the service that lags, and the server's log for the reason.",
  );
}
