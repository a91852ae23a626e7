// The `signed` part of snapshot metadata (TUF 4.4). It lists versions only (PEP 458: lengths and hashes of 16,384 bins
// would make it four times as large), and ties itself to the log by a field of its own:
// `"x-ledger":{"origin","rootHash","size"}`, the Merkle tree of the prefix of records from which this state follows.

import { canonicalize } from './canonical.js';
import { SPEC_VERSION } from './metadata.js';

/** The prefix of the log that a snapshot comes from: `size` records whose Merkle root is `rootHash` (64 hex digits). */
export interface LedgerPrefix {
  readonly origin: string;
  readonly size: number;
  readonly rootHash: string;
}

/** The fragment of one role in a snapshot's `meta`, `"ROLE.json":{"version":n}`. */
export function metaFragment(role: string, version: number): string {
  return `"${role}.json":{"version":${version}}`;
}

/**
 * The canonical text of a snapshot. `meta` holds the roles' fragments in code point order of their file names, joined by
 * commas; in a list, it holds runs of them, so that those of roles that did not change are at hand.
 */
export function snapshotText(snapshot: {
  version: number;
  expires: string;
  meta: string | readonly string[];
  ledger: LedgerPrefix;
}): string {
  const { expires, meta, version } = snapshot;
  const { origin, rootHash, size } = snapshot.ledger;
  const runs = typeof meta === 'string' ? [meta] : [...meta];
  // One join of all that the text consists of: half a megabyte is copied once.
  runs[0] = `{"_type":"snapshot","expires":"${expires}","meta":{${runs[0]}`;
  const ledger = canonicalize({ origin, rootHash, size });
  runs.push(`${runs.pop()}},"spec_version":"${SPEC_VERSION}","version":${version},"x-ledger":${ledger}}`);
  return runs.join(',');
}
