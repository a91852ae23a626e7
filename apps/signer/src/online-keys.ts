// The online keys, and what they sign.

import type { SignedEntry } from '#ledger';
import { keyOf } from '#projection';
import type { SigningKey } from '#signing';
import { meetsThreshold, toHex } from '#tuf';
import type { OpenDraft } from './open-drafts.js';

export class OnlineKeys {
  /** The signatures over each draft, from when they were first asked for. */
  private readonly signing = new WeakMap<OpenDraft, Promise<SignedEntry[]>>();

  constructor(private readonly keys: readonly SigningKey[]) {}

  /** Those that may sign the draft and have not. */
  missing({ requirements, signed }: OpenDraft): SigningKey[] {
    return this.keys.filter(({ keyid }) => keyOf(requirements, keyid) && !signed.has(keyid));
  }

  /** Whether the draft meets every threshold once these have signed it. */
  complete(draft: OpenDraft): boolean {
    const signers = [...draft.signed, ...this.missing(draft).map(({ keyid }) => keyid)];
    return draft.requirements.every(keys => meetsThreshold(keys, signers));
  }

  /** The keyids of those that may sign the draft, have not, and are not here. */
  lacking({ requirements, signed }: OpenDraft): string[] {
    const wanted = new Set(requirements.flatMap(({ keys }) => [...keys.keys()]));
    return [...wanted].filter(keyid => !signed.has(keyid) && !this.keys.some(key => key.keyid === keyid));
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
