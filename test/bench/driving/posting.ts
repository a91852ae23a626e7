// Files into a ledger, in the ways that indexes send them.

import type { LedgerClient } from './ledger-client.js';
import type { MadeFile } from './made-files.js';
import { take } from './made-files.js';

/** Events of one request of an import, and requests in flight at once: well below the 50,000 events that a gateway lets wait. */
const REQUEST_EVENTS = 1_000;
const IN_FLIGHT = 8;

/** The records that a stream of files became. */
export interface Posted {
  readonly records: number;
  /** The highest position. */
  readonly last: number;
}

/** Sends the next `count` files of a stream, without waiting for publication; resolves when all are in the log. */
export async function postFiles(
  client: LedgerClient,
  files: Iterator<MadeFile, never>,
  count: number,
  onPosted: (files: number) => void = () => undefined,
): Promise<Posted> {
  let left = count;
  let [records, last, posted] = [0, 0, 0];
  const sender = async () => {
    while (left > 0) {
      const events = take(files, Math.min(left, REQUEST_EVENTS)).map(({ event }) => event);
      left -= events.length;
      const { positions } = await client.append(events, false);
      records += positions.length;
      last = Math.max(last, positions.at(-1)!);
      posted += events.length;
      onPosted(posted);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sender));
  return { records, last };
}

/** Sends the next files of a stream and resolves when all of them are served. */
export async function fill(
  client: LedgerClient,
  files: Iterator<MadeFile, never>,
  count: number,
): Promise<void> {
  if (count === 0) return;
  const { last } = await postFiles(client, files, count);
  await client.covered(last);
}
