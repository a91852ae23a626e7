// A timestamp is drafted once its snapshot and all roles of its state are complete: one trip to the log and back after their
// signatures were made. Whoever makes those signatures can spare the trip, since the draft follows from them.
//
// It is signed before it exists, so it must not come to be with another content; a second one would be an equivocation. It
// can't: the timestamp's version is the number of the state, its text a function of the cut and of the snapshot's file, and that
// file is the draft at hand with the signatures of its keys. All of those keys are ours and all must sign, so that no record with
// only some of their signatures completes it, and Ed25519 gives one signature for one message. If another cut comes first, the
// state and its number are dead.

import { type ReplayState, snapshotFile, timestampContent } from '#projection';
import { type Crypto, utf8 } from '#tuf';
import type { OnlineKeys } from './online-keys.js';
import type { OpenDraft } from './open-drafts.js';

/**
 * The timestamp's draft as the fold will derive it when all of `open`, signed by `keys`, is in the log; undefined where that is
 * not certain.
 */
export async function foreseenTimestamp(
  { timestamp }: ReplayState,
  open: readonly OpenDraft[],
  keys: OnlineKeys,
  crypto: Crypto,
): Promise<OpenDraft | undefined> {
  const { cut, waiting, requirements } = timestamp;
  const snapshot = open.find(({ role }) => role === 'snapshot');
  const completed = new Set(open.filter(draft => keys.complete(draft)).map(({ role }) => role));
  if (!cut || !snapshot || !completed.has('snapshot') || !isOursAlone(snapshot, keys)) return undefined;
  for (const role of waiting) if (!completed.has(role)) return undefined;
  const signatures = await keys.sign(snapshot);
  const file = snapshotFile(snapshot.version, snapshot.message(), signatures, crypto);
  const { version, sha256, text } = timestampContent(cut, file, crypto);
  const message = () => utf8(text);
  return { role: 'timestamp', version, sha256, message, requirements, signed: new Set() };
}

/** Whether the complete draft bears the signatures that we make now, and these only, in whatever records they reach the log. */
function isOursAlone(draft: OpenDraft, keys: OnlineKeys): boolean {
  const ours = keys.missing(draft);
  const all = new Set(draft.requirements.flatMap(({ keys }) => [...keys.keys()]));
  return (
    ours.length === all.size &&
    draft.requirements.every(({ keys, threshold }) => threshold === keys.size) &&
    ours.every(({ key }) => key.scheme === 'ed25519')
  );
}
