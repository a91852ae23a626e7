// What the gateway is made of, given by whoever composes the process, and the tokens by which its classes ask for each other.

import type { DataSource } from 'typeorm';
import type { Aspect, ServiceLog, Watermarks } from '#host';
import type { Log } from '#log';
import type { SigningKey } from '#signing';
import type { Crypto } from '#tuf';
import type { History } from './history.js';
import type { LogTail } from './log-tail.js';
import type { StateWatch } from './state-watch.js';

/** A key that is enrolled as a publisher, and the stream in which this process alone writes with it. */
export interface PublisherIdentity {
  readonly key: SigningKey;
  readonly stream: string;
}

/** The schemas of the projectors; the gateway only reads them. */
interface ProjectionSources {
  readonly root: DataSource;
  readonly targets: DataSource;
  readonly snapshot: DataSource;
  readonly timestamp: DataSource;
}

export interface GatewayParts {
  /** The ledger's name, 64 hex digits. */
  readonly ledger: string;
  readonly log: Log;
  /** The gateway's place in a reading of that log, which whoever composes the process runs. */
  readonly tail: LogTail;
  readonly sources: ProjectionSources;
  /** The prefix of the projectors' schemas. */
  readonly prefix: string;
  readonly watermarks: Watermarks;
  /** What the scheduler of cuts looks at. */
  readonly states: StateWatch;
  /** What requests that wait for publication ask. */
  readonly history: History;
  readonly crypto: Crypto;
  readonly publisher: PublisherIdentity;
  /** Absent where this process makes no cuts. `intervalMs`: least time between two; 0 is as soon as there is something to publish. */
  readonly scheduler?: PublisherIdentity & { readonly intervalMs: number };
  /** The file with the hashes of the bearer tokens (bearer-tokens.ts). */
  readonly tokensFile: string;
  readonly report: ServiceLog;
  /** What else /readyz and /metrics tell. */
  readonly aspects?: readonly Aspect[];
  /** Resolves once the complete state whose last record is at `position`, or a later one, is served; rejects when `signal` aborts. */
  readonly served: (position: number, signal: AbortSignal) => Promise<unknown>;
}

export const GATEWAY_PARTS = Symbol('GATEWAY_PARTS');
export const BEARER_TOKENS = Symbol('BEARER_TOKENS');
export const LOG_TAIL = Symbol('LOG_TAIL');
export const PUBLISHER = Symbol('PUBLISHER');
export const RELAY = Symbol('RELAY');
export const OUTCOMES = Symbol('OUTCOMES');
export const OUTCOME_STREAM = Symbol('OUTCOME_STREAM');
export const CUT_SCHEDULER = Symbol('CUT_SCHEDULER');
export const READINESS = Symbol('READINESS');
export const METRICS = Symbol('METRICS');
export const LIFE = Symbol('LIFE');
