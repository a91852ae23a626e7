// The drafts that wait for the online keys.

import type { Draft, ReplayState } from '#projection';
import { binName, type RoleKeys } from '#tuf';

/** An open draft of an online role, with the text to sign and the keys that may. */
export interface OpenDraft {
  readonly role: string;
  readonly version: number;
  readonly sha256: string;
  readonly text: string;
  readonly keys: RoleKeys;
  /** The keyids that signed already. */
  readonly signed: ReadonlySet<string>;
}

/** The open drafts of the hash bins, the snapshot and the timestamp, in the order in which they are signed. */
export function openOnlineDrafts(state: ReplayState): OpenDraft[] {
  const { targets, snapshot, timestamp } = state;
  if (!targets.keys) return [];
  const drafts: OpenDraft[] = [];
  const add = (role: string, draft: Draft | undefined, text: string | undefined, keys: RoleKeys) => {
    if (!draft || text === undefined) return;
    const { version, sha256, signatures } = draft;
    drafts.push({ role, version, sha256, text, keys, signed: new Set(signatures.keys()) });
  };
  for (const bin of [...targets.open].sort((a, b) => a - b)) {
    const role = binName(bin, targets.opened!.bins.count);
    add(role, targets.bins.get(bin)!.role.draft, targets.texts.get(role), targets.keys.hashBins);
  }
  add('snapshot', snapshot.role.draft, snapshot.text, targets.keys.snapshot);
  add('timestamp', timestamp.role.draft, timestamp.text, targets.keys.timestamp);
  return drafts;
}
