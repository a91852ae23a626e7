// The drafts that wait for the online keys.

import type { SignedEntry } from '#ledger';
import { type Draft, draftBytes, type ReplayState } from '#projection';
import { binName, fromHex, type RoleKeys, type SignatureCheck, utf8 } from '#tuf';

/** An open draft of an online role, with the bytes to sign and the keys that may. */
export interface OpenDraft {
  readonly role: string;
  readonly version: number;
  readonly sha256: string;
  readonly message: () => Uint8Array;
  readonly keys: RoleKeys;
  /** The keyids that signed already. */
  readonly signed: ReadonlySet<string>;
}

/** The open drafts of the hash bins, the snapshot and the timestamp, in the order in which they are signed. */
export function openOnlineDrafts(state: ReplayState): OpenDraft[] {
  const { targets, snapshot, timestamp } = state;
  if (!targets.keys) return [];
  const drafts: OpenDraft[] = [];
  const add = (role: string, draft: Draft | undefined, message: () => Uint8Array, keys: RoleKeys) => {
    if (!draft) return;
    const { version, sha256, signatures } = draft;
    drafts.push({ role, version, sha256, message, keys, signed: new Set(signatures.keys()) });
  };
  for (const bin of [...targets.open].sort((a, b) => a - b)) {
    const role = binName(bin, targets.opened!.bins.count);
    const text = targets.texts.get(role);
    if (text !== undefined)
      add(role, targets.bins.get(bin)!.role.draft, () => utf8(text), targets.keys.hashBins);
  }
  // The fold may have gone on when these are signed, so its bytes of now are held.
  const snapshotBytes = snapshot.text === undefined ? undefined : draftBytes(snapshot);
  if (snapshotBytes) add('snapshot', snapshot.role.draft, () => snapshotBytes, targets.keys.snapshot);
  const timestampText = timestamp.text;
  if (timestampText !== undefined)
    add('timestamp', timestamp.role.draft, () => utf8(timestampText), targets.keys.timestamp);
  return drafts;
}

/** What verifies the signatures of each draft. */
export function signatureChecks(
  drafts: readonly OpenDraft[],
  signatures: readonly (readonly SignedEntry[])[],
): SignatureCheck[] {
  return drafts.flatMap(({ keys, message }, i) =>
    signatures[i]!.map(({ keyid, sig }) => ({
      key: keys.keys.get(keyid)!,
      message: message(),
      signature: fromHex(sig),
    })),
  );
}
