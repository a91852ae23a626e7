// The answers of the gateway's HTTP interface, as far as the command line reads them, and the check that an answer is one.

import { isJsonObject, type Json, type JsonObject } from '#tuf';
import { CliError } from './errors.js';
import type { HeldTarget } from './plan.js';

/** What became of one event of a request. `event` is its index in the request. */
export interface Outcome {
  readonly event: number;
  readonly position: number;
  readonly result: 'applied' | 'unchanged' | 'rejected';
  readonly code?: string;
  readonly detail?: string;
  readonly role?: string;
  readonly version?: number;
  readonly snapshot?: number;
}

/** The positions of the records that a request became, and the outcomes known so far if they were waited for. */
export interface Appended {
  readonly positions: readonly number[];
  readonly outcomes?: readonly Outcome[];
}

/** A state of the repository; `cut` is its cut's position, `position` that of its completion. */
export interface State {
  readonly state: number;
  readonly at: number;
  readonly cut: number;
  readonly position: number | null;
  readonly complete: boolean;
}

export interface RoleVersion {
  readonly role: string;
  readonly version: number;
  readonly expires: string;
}

export interface Readiness {
  readonly ready: boolean;
  readonly services: readonly { readonly name: string; readonly position: number; readonly lag: number }[];
}

/** A rejected event; `event` is its index in the record, `entry` the index in a `signed` event. */
export interface RejectedEvent {
  readonly position: number;
  readonly event: number;
  readonly entry?: number;
  readonly code: string;
  readonly detail: string;
}

/** A value of the log at its offset, in base64; record or noise. */
interface LogValue {
  readonly offset: number;
  readonly value: string;
}

/** What a server says of its ledger; `size` is the number of its records. */
export interface LedgerDescription {
  readonly ledger: string;
  readonly size: number;
}

/** One page of a list; `next` goes into the next request's `after`. */
export interface ListPage<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export function readAppended(json: Json, url: URL): Appended {
  const { positions, outcomes } = objectOf(json, url);
  if (!Array.isArray(positions) || positions.length === 0 || !positions.every(Number.isSafeInteger)) {
    throw notUnderstood(url, 'has no list of "positions"');
  }
  if (outcomes !== undefined && !Array.isArray(outcomes))
    throw notUnderstood(url, 'has "outcomes" that are no list');
  return {
    positions: positions as number[],
    ...(outcomes && { outcomes: outcomes as unknown as Outcome[] }),
  };
}

export function readReadiness(json: Json, url: URL): Readiness {
  const { ready, services } = objectOf(json, url);
  if (typeof ready !== 'boolean' || !Array.isArray(services))
    throw notUnderstood(url, 'has no "ready" and "services"');
  return { ready, services: services as unknown as Readiness['services'] };
}

export function readLedger(json: Json, url: URL): LedgerDescription {
  const { ledger, size } = objectOf(json, url);
  if (typeof ledger !== 'string' || typeof size !== 'number')
    throw notUnderstood(url, 'has no "ledger" and "size"');
  return { ledger, size };
}

/** What each list is called in its answer, and the fields that its items have. */
const LISTS = {
  targets: { path: 'string', length: 'number', hashes: 'object' },
  states: { state: 'number', at: 'number', cut: 'number', complete: 'boolean' },
  roles: { role: 'string', version: 'number', expires: 'string' },
  rejections: { position: 'number', event: 'number', code: 'string' },
  log: { offset: 'number', value: 'string' },
} as const;

/** The items of each list. */
export interface Lists {
  targets: HeldTarget;
  states: State;
  roles: RoleVersion;
  rejections: RejectedEvent;
  log: LogValue;
}

export function readList<Name extends keyof Lists>(name: Name, json: Json, url: URL): ListPage<Lists[Name]> {
  const { [name]: items, next } = objectOf(json, url);
  if (!Array.isArray(items)) throw notUnderstood(url, `has no list of "${name}"`);
  const fields = Object.entries(LISTS[name]);
  for (const item of items) {
    const strange = fields.find(([field, type]) => !isJsonObject(item) || typeof item[field] !== type);
    if (strange) throw notUnderstood(url, `has an item of "${name}" without a ${strange[1]} "${strange[0]}"`);
  }
  const cursor = typeof next === 'string' || typeof next === 'number' ? String(next) : null;
  return { items: items as unknown as Lists[Name][], next: cursor };
}

function objectOf(json: Json, url: URL): JsonObject {
  if (!isJsonObject(json)) throw notUnderstood(url, 'is no JSON object');
  return json;
}

/** An answer that is not what the interface promises. */
export function notUnderstood(url: URL, fault: string): CliError {
  return new CliError(
    'server-answer',
    `The answer of ${url.origin}${url.pathname} ${fault}.`,
    'Check that --server names a tuf-ledger gateway of this version.',
  );
}
