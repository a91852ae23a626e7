// The drafts that wait for the online keys.

import type { SignedEntry } from '#ledger';
import { binRequirements, type Draft, draftBytes, keyOf, type ReplayState } from '#projection';
import { binName, fromHex, type RoleKeys, type SignatureCheck, utf8 } from '#tuf';

/** An open draft of an online role, with the bytes to sign and the keys that may. */
export interface OpenDraft {
  readonly role: string;
  readonly version: number;
  readonly sha256: string;
  readonly message: () => Uint8Array;
  /** Every set of keys by its threshold. */
  readonly requirements: readonly RoleKeys[];
  /** The keyids that signed already. */
  readonly signed: ReadonlySet<string>;
}

/** The open drafts of the hash bins, the snapshot and the timestamp, in the order in which they are signed. */
export function openOnlineDrafts(state: ReplayState): OpenDraft[] {
  const { targets, snapshot, timestamp } = state;
  const drafts: OpenDraft[] = [];
  const add = (
    role: string,
    draft: Draft | undefined,
    message: () => Uint8Array,
    requirements: readonly RoleKeys[],
  ) => {
    if (!draft) return;
    const { version, sha256, signatures } = draft;
    drafts.push({ role, version, sha256, message, requirements, signed: new Set(signatures.keys()) });
  };
  const binKeys = binRequirements(targets);
  for (const bin of [...targets.open].sort((a, b) => a - b)) {
    const role = binName(bin, targets.opened!.bins.count);
    const text = targets.texts.get(role);
    if (text !== undefined) add(role, targets.bins.get(bin)!.role.draft, () => utf8(text), binKeys);
  }
  // The fold may have gone on when these are signed, so its bytes of now are held.
  const snapshotBytes = snapshot.text === undefined ? undefined : draftBytes(snapshot);
  if (snapshotBytes) add('snapshot', snapshot.role.draft, () => snapshotBytes, snapshot.requirements);
  const timestampText = timestamp.text;
  if (timestampText !== undefined)
    add('timestamp', timestamp.role.draft, () => utf8(timestampText), timestamp.requirements);
  return drafts;
}

/** What verifies the signatures of each draft. */
export function signatureChecks(
  drafts: readonly OpenDraft[],
  signatures: readonly (readonly SignedEntry[])[],
): SignatureCheck[] {
  return drafts.flatMap(({ requirements, message }, i) =>
    signatures[i]!.map(({ keyid, sig }) => ({
      key: keyOf(requirements, keyid)!,
      message: message(),
      signature: fromHex(sig),
    })),
  );
}
