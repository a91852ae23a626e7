// The files that one state consists of, as they are served.

import type { LedgerClient } from './ledger-client.js';

/** Bins that are fetched, at most. */
const SAMPLE = 512;

/** `bins` are some of them. */
export interface ServedState {
  readonly bins: readonly Buffer[];
  readonly snapshot: Buffer;
  readonly timestamp: Buffer;
}

/** The newest served state. `roles` are the names of bins to look at; by default any. */
export async function servedState(client: LedgerClient, roles?: Iterable<string>): Promise<ServedState> {
  const timestamp = await client.file('timestamp.json');
  const { version } = JSON.parse(timestamp.toString()).signed.meta['snapshot.json'];
  const snapshot = await client.file(`${version}.snapshot.json`);
  const meta: Record<string, { version: number }> = JSON.parse(snapshot.toString()).signed.meta;
  const names = roles
    ? Array.from(roles, role => `${role}.json`)
    : Object.keys(meta).filter(name => name.startsWith('bins-'));
  const bins: Buffer[] = [];
  for (const name of names.slice(0, SAMPLE)) bins.push(await client.file(`${meta[name]!.version}.${name}`));
  return { bins, snapshot, timestamp };
}

/** Bytes of the files that an upload writes: a bin's on average. */
export interface StateBytes {
  readonly bin: number;
  readonly snapshot: number;
  readonly timestamp: number;
}

export function bytesOf({ bins, snapshot, timestamp }: ServedState): StateBytes {
  const bytes = bins.reduce((sum, bin) => sum + bin.length, 0);
  return { bin: Math.round(bytes / bins.length), snapshot: snapshot.length, timestamp: timestamp.length };
}
