// The `signed` part of timestamp metadata (TUF 4.6): the snapshot's version, and the length and SHA-256 of its file, which
// lift the clients' own limits on its size.

import { canonicalize } from './canonical.js';
import { SPEC_VERSION } from './metadata.js';

/** The canonical text of a timestamp over the snapshot file of that version, length (bytes) and SHA-256 (64 hex digits). */
export function timestampText(timestamp: {
  version: number;
  expires: string;
  snapshot: { version: number; length: number; sha256: string };
}): string {
  const { version, length, sha256 } = timestamp.snapshot;
  return canonicalize({
    _type: 'timestamp',
    expires: timestamp.expires,
    meta: { 'snapshot.json': { hashes: { sha256 }, length, version } },
    spec_version: SPEC_VERSION,
    version: timestamp.version,
  });
}
