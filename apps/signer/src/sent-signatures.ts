// Which drafts of the state were appended with our signatures, and where: none is appended again before the log was read beyond
// the place where it should stand.

import type { OnlineKeys } from './online-keys.js';
import type { OpenDraft } from './open-drafts.js';

/** Signatures that were appended and did not count are appended again at most this often, in milliseconds. */
export const RESEND_PAUSE_MS = 1_000;

export class SentSignatures {
  /** By `role@version`: the log offset, and when (`performance.now`). */
  private readonly sent = new Map<string, { readonly offset: number; readonly at: number }>();

  constructor(private readonly keys: OnlineKeys) {}

  note(drafts: readonly OpenDraft[], offset: number): void {
    const at = performance.now();
    for (const draft of drafts) this.sent.set(nameOf(draft), { offset, at });
  }

  /** Forgets all: another state begins, or another reading. */
  clear(): void {
    this.sent.clear();
  }

  /** Whether a draft lacks signatures that were not sent, or were sent and are not there although the log was read through `offset`. */
  lacks(draft: OpenDraft, offset: number): boolean {
    if (this.keys.missing(draft).length === 0) return false;
    const sent = this.sent.get(nameOf(draft));
    return sent === undefined || (offset > sent.offset && performance.now() - sent.at > RESEND_PAUSE_MS);
  }
}

function nameOf({ role, version }: OpenDraft): string {
  return `${role}@${version}`;
}
