// The timestamp of a state before its draft exists: the signer signs it together with the snapshot, whose file follows from the
// snapshot's draft, since all of its signatures are the signer's own.

import { type AppliedCut, cutSeconds } from '#projection';
import { formatExpires, metadataFile, timestampText, toHex } from '#tuf';
import type { TestKeySet } from '../fixtures/test-ledger.js';
import { quickCrypto } from './quick-crypto.js';

/** The SHA-256 of the timestamp of a cut's state whose snapshot has this text and is signed by all online keys. */
export function foreseenTimestamp(
  { state, at, policy }: AppliedCut,
  snapshot: string,
  { keys }: TestKeySet,
): string {
  const message = new TextEncoder().encode(snapshot);
  const signatures = keys.map(({ keyid, sign }) => ({ keyid, sig: toHex(sign(message)) }));
  const file = metadataFile(snapshot, signatures);
  const sha256 = toHex(quickCrypto.sha256(file));
  const expires = formatExpires(cutSeconds(at) + policy.timestamp.lifetime);
  const listed = { version: state, length: file.length, sha256 };
  return quickCrypto.sha256Hex(timestampText({ version: state, expires, snapshot: listed }));
}
