// The timestamp of a state before its draft exists: the signer signs it together with the snapshot, whose file follows from the
// snapshot's draft, since all of its signatures are the signer's own.

import { type AppliedCut, cutSeconds } from '#projection';
import { formatExpires, metadataFile, timestampText, toHex } from '#tuf';
import { ONLINE_POOL } from './key-pools.js';
import { quickCrypto } from './quick-crypto.js';

/** The SHA-256 of the timestamp of a cut's state whose snapshot has this text and is signed by all of its keys. */
export function foreseenTimestamp({ state, at, policy, keys }: AppliedCut, snapshot: string): string {
  const message = new TextEncoder().encode(snapshot);
  const required = new Set(keys.snapshot.flatMap(set => set.keys.map(({ keyval }) => keyval.public)));
  const signers = ONLINE_POOL.filter(({ key }) => required.has(key.keyval.public));
  const signatures = signers.map(({ keyid, sign }) => ({ keyid, sig: toHex(sign(message)) }));
  const file = metadataFile(snapshot, signatures);
  const sha256 = toHex(quickCrypto.sha256(file));
  const expires = formatExpires(cutSeconds(at) + policy.timestamp.lifetime);
  const listed = { version: state, length: file.length, sha256 };
  return quickCrypto.sha256Hex(timestampText({ version: state, expires, snapshot: listed }));
}
