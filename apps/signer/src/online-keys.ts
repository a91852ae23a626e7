// The online keys, and what they sign.

import type { SignedEntry } from '#ledger';
import type { SigningKey } from '#signing';
import { meetsThreshold, toHex } from '#tuf';
import type { OpenDraft } from './open-drafts.js';

export class OnlineKeys {
  /** The signatures over each draft, from when they were first asked for. */
  private readonly signing = new WeakMap<OpenDraft, Promise<SignedEntry[]>>();

  constructor(private readonly keys: readonly SigningKey[]) {}

  /** Those that may sign the draft and have not. */
  missing({ keys, signed }: OpenDraft): SigningKey[] {
    return this.keys.filter(({ keyid }) => keys.keys.has(keyid) && !signed.has(keyid));
  }

  /** Whether the draft meets its threshold once these have signed it. */
  complete(draft: OpenDraft): boolean {
    const signers = [...draft.signed, ...this.missing(draft).map(({ keyid }) => keyid)];
    return meetsThreshold(draft.keys, signers);
  }

  /** The missing signatures over a draft; asked again, the same. */
  sign(draft: OpenDraft): Promise<SignedEntry[]> {
    const begun = this.signing.get(draft) ?? this.begin(draft);
    this.signing.set(draft, begun);
    return begun;
  }

  private begin(draft: OpenDraft): Promise<SignedEntry[]> {
    const { role, version, sha256 } = draft;
    const message = draft.message();
    return Promise.all(
      this.missing(draft).map(async key => ({
        role,
        version,
        sha256,
        keyid: key.keyid,
        sig: toHex(await key.sign(message)),
      })),
    );
  }
}
