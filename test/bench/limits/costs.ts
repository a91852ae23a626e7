// What single operations take on a machine with nothing around them. The limits of all figures are sums of these. All in
// milliseconds of one operation.

import type { Part } from '../report/figure.js';

export interface Costs {
  /** A cluster of Postgres made on an empty folder, and started. */
  readonly postgresStart: number;
  /** A request over HTTP on this machine, and its short answer. */
  readonly http: number;
  /** A small record appended to the log, and the value read back. */
  readonly append: number;
  /** One of 16 full records that are appended together and read back. */
  readonly fullAppend: number;
  /** A small file rewritten and flushed to the disk, as a signer's memory is. */
  readonly flush: number;
  readonly sign: number;
  readonly verify: number;
  /** The signature over a full record, and its verification. */
  readonly fullSign: number;
  readonly fullVerify: number;
  /** A full record's bytes hashed, its base64 and JSON read. */
  readonly fullRead: number;
  /** SHA-256 of a path. */
  readonly hash: number;
  /** One row of a bulk insert into a table with a text key, not flushed. */
  readonly row: number;
}

/** What each cost is, for people; in the order in which documents show them. */
export const COST_NAMES: Readonly<Record<keyof Costs, string>> = {
  append: 'append of a small record to the log, and the value read back',
  fullAppend: 'the same of a full record (64 kB), 16 appended together',
  flush: 'flush of a small file',
  sign: 'Ed25519 signature over a small message',
  verify: 'its verification',
  fullSign: 'signature over a full record',
  fullVerify: 'its verification',
  fullRead: "a full record's bytes hashed, its base64 and JSON read",
  hash: 'SHA-256 of a path',
  row: 'row of a bulk insert into Postgres',
  http: 'HTTP request and answer',
  postgresStart: 'Postgres: cluster made, server started',
};

/** What the words in the limits stand for. */
export const WORDS =
  'A record is signed, appended to the log and read back, and verified; full records (64 kB) are appended 16 together, and their bytes ' +
  'hashed and read. A gathered record shares the append of another. A bin, snapshot or timestamp is ' +
  'rendered from its fragments, hashed, signed, verified and written, at the sizes that were served. A row is one of a bulk insert.';

/** What appending records takes: small ones one by one, gathered ones with another, full ones 16 together. */
export function recordParts(
  costs: Costs,
  count: { readonly small?: number; readonly gathered?: number; readonly full?: number },
): Part[] {
  const { append, sign: signed, verify: verified, fullAppend, fullSign, fullVerify, fullRead } = costs;
  const { small = 0, gathered = 0, full = 0 } = count;
  const gatheredSteps = { sign: signed, verify: verified };
  const fullSteps = { sign: fullSign, append: fullAppend, verify: fullVerify, read: fullRead };
  return [
    partOf('record', small, { ...gatheredSteps, append }),
    partOf('gathered record', gathered, gatheredSteps),
    partOf('full record', full, fullSteps),
  ].filter(part => part.count > 0);
}

/** Operations that consist of steps. */
export function partOf(what: string, count: number, steps: Readonly<Record<string, number>>): Part {
  return { what, count, ms: Object.values(steps).reduce((sum, ms) => sum + ms, 0), steps };
}
