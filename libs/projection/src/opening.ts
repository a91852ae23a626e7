// What the opening drafts: root 1, targets 1 and `bins` 1. Their content follows from `ledger.opened` alone; their expiry
// stands in their `draft.proposed`.

import {
  type DraftProposed,
  type LedgerEvent,
  type LedgerOpened,
  OFFLINE_ROLES,
  type OfflineRole,
  type PublisherEnrolled,
} from '#ledger';
import type { Crypto } from '#tuf';
import { offlineText } from './offline-text.js';
import { openingKeys } from './trust.js';

/** The canonical text of the first version of an offline role, which expires at `expires` (the text of the field). */
export function openingText(
  role: OfflineRole,
  opened: LedgerOpened,
  expires: string,
  crypto: Crypto,
): string {
  return offlineText({ role, version: 1, expires }, openingKeys(opened, role, crypto), opened);
}

/** The events of an opening record, in the order that admission asks for; drafts expire at `expires` (the text of the field). */
export function openingEvents(
  opened: LedgerOpened,
  publishers: readonly PublisherEnrolled[],
  expires: string,
  crypto: Crypto,
): LedgerEvent[] {
  const drafts = OFFLINE_ROLES.map((role): DraftProposed => {
    const sha256 = crypto.sha256Hex(openingText(role, opened, expires, crypto));
    return { type: 'draft.proposed', role, version: 1, expires, sha256 };
  });
  return [opened, ...publishers, ...drafts];
}
