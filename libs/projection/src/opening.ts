// What the opening drafts: root 1, targets 1 and `bins` 1. Their content follows from `ledger.opened` alone; their expiry
// stands in their `draft.proposed`. The ceremony that opens a ledger and the folds that check it render by the same code.

import {
  allPathsPatterns,
  type DraftProposed,
  type KeyedRole,
  type LedgerEvent,
  type LedgerOpened,
  OPENING_DRAFTS,
  type PublisherEnrolled,
  rejected,
  roleKeysOf,
  type Verdict,
} from '#ledger';
import {
  BINS_ROLE,
  binDelegations,
  type Crypto,
  type JsonObject,
  keysJson,
  type RoleKeys,
  roleKeysJson,
  rootText,
  type TopLevelKeys,
  targetsText,
} from '#tuf';

/** The keys of every role of a ledger, parsed once from its opening. */
export type LedgerKeys = Readonly<Record<KeyedRole, RoleKeys>>;

export function openingKeys(opened: LedgerOpened, crypto: Crypto): LedgerKeys {
  const entries = Object.entries(opened.roles).map(([role, set]) => [role, roleKeysOf(set, crypto)] as const);
  return Object.fromEntries(entries) as LedgerKeys;
}

/** The canonical text of root 1. */
export function openingRootText(keys: LedgerKeys, expires: string): string {
  const { root, snapshot, targets, timestamp } = keys;
  const roles: TopLevelKeys = { root, snapshot, targets, timestamp };
  return rootText({ version: 1, expires, roles });
}

/** The canonical text of targets 1: no targets, all paths delegated to `bins`, the last delegation and so terminating. */
export function openingTargetsText(opened: LedgerOpened, keys: LedgerKeys, expires: string): string {
  const role: JsonObject = {
    ...roleKeysJson(keys.bins),
    name: BINS_ROLE,
    paths: allPathsPatterns(opened.pathRule),
    terminating: true,
  };
  return targetsText({
    version: 1,
    expires,
    fragments: [],
    delegations: { keys: keysJson([keys.bins]), roles: [role] },
  });
}

/** The canonical text of `bins` 1: no targets, and the hash bins. */
export function openingBinsText(opened: LedgerOpened, keys: LedgerKeys, expires: string): string {
  return targetsText({
    version: 1,
    expires,
    fragments: [],
    delegations: binDelegations(opened.bins, keys.hashBins),
  });
}

/** The events of an opening record, in the order that admission asks for; drafts expire at `expires` (the text of the field). */
export function openingEvents(
  opened: LedgerOpened,
  publishers: readonly PublisherEnrolled[],
  expires: string,
  crypto: Crypto,
): LedgerEvent[] {
  const keys = openingKeys(opened, crypto);
  const texts = {
    root: openingRootText(keys, expires),
    targets: openingTargetsText(opened, keys, expires),
    bins: openingBinsText(opened, keys, expires),
  };
  const drafts = OPENING_DRAFTS.map((role): DraftProposed => {
    const sha256 = crypto.sha256Hex(texts[role]);
    return { type: 'draft.proposed', role, version: 1, expires, sha256 };
  });
  return [opened, ...publishers, ...drafts];
}

/** Why a proposal does not name the content that the fold derives for it, or undefined where it does. */
export function draftFault(event: DraftProposed, text: string, crypto: Crypto): Verdict | undefined {
  const sha256 = crypto.sha256Hex(text);
  if (sha256 === event.sha256) return undefined;
  return rejected(
    'draft-hash',
    `${event.role} ${event.version} has the SHA-256 ${sha256}, not ${event.sha256}`,
  );
}
