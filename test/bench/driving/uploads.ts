// Uploads one after the other, each timed from its POST to the served timestamp that covers it.

import type { LedgerClient } from './ledger-client.js';
import { type MadeFile, take } from './made-files.js';

export interface TimedUploads {
  /** Milliseconds of each. */
  readonly times: readonly number[];
  /** The bins that they changed, the last of them first. */
  readonly roles: readonly string[];
}

/** @throws Error where the state that was served in the end does not cover the last upload. */
export async function timeUploads(
  client: LedgerClient,
  files: Iterator<MadeFile, never>,
  count: { readonly warmUps: number; readonly uploads: number },
): Promise<TimedUploads> {
  for (const { event } of take(files, count.warmUps)) await client.publish([event]);
  const times: number[] = [];
  const roles = new Set<string>();
  let last = 0;
  for (const { event } of take(files, count.uploads)) {
    const began = performance.now();
    const appended = await client.publish([event]);
    times.push(performance.now() - began);
    last = appended.positions.at(-1)!;
    for (const role of appended.roles) roles.add(role);
  }
  await requireCovered(client, last);
  return { times, roles: [...roles].reverse() };
}

/** The ledger said that the upload is published; the snapshot itself must say so too. */
async function requireCovered(client: LedgerClient, position: number): Promise<void> {
  const prefix = await client.prefixOf(await client.reached(1));
  if (prefix > position) return;
  throw new Error(
    `The served snapshot follows from ${prefix} records and does not cover the upload at position ${position}.`,
  );
}
