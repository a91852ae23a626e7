// The fold of the offline-signed roles. A record with `draft.proposed` is decided as a whole: its key events and its draft apply
// together or not at all (DESIGN 4). Signatures follow one by one, from whoever relays them, and at the record's end a version whose
// every threshold is met is complete.
//
// A version that brings other keys for targets or `bins` waits until the newest version of that role bears them: else there would be
// a state in which no client could verify it. Its last signature is rejected until then (`targets-first`, `bins-first`).

import {
  APPLIED,
  type Author,
  areSameKeys,
  type DraftProposed,
  isOfflineRole,
  type KeySet,
  keySetOf,
  type LedgerOpened,
  OFFLINE_ROLES,
  type OfflineRole,
  rejected,
  type Signed,
  type SignedEntry,
  UNCHANGED,
  type Verdict,
} from '#ledger';
import {
  type Crypto,
  formatExpires,
  fromHex,
  meetsThreshold,
  parseExpires,
  type RoleKeys,
  roleKeysJson,
  utf8,
} from '#tuf';
import { type Completion, type Drafted, openDraft, settleDraft, submitSignature } from './draft.js';
import { offlineText } from './offline-text.js';
import type { Outcome } from './outcome.js';
import type { Placed } from './placement.js';
import { carriedAfter, nextOfflineVersion } from './proposal.js';
import {
  type CarriedKeys,
  DELEGATOR,
  keysInForce,
  type NextVersion,
  type OfflineState,
  offlineRequirements,
  openingKeys,
  type Trust,
} from './trust.js';

/** A root that became complete. */
interface RootChange {
  readonly version: number;
  /** What the version before it carried for snapshot and timestamp, where this one carries other keys. */
  readonly replaced?: ReplacedKeys;
  /** The same for targets, by their keyids. */
  readonly replacedTargets?: { readonly keyids: readonly string[]; readonly threshold: number };
  /** Whether it took keys away at once. */
  readonly revokes: boolean;
}

/** Keys of snapshot and timestamp. */
export interface ReplacedKeys {
  readonly snapshot: KeySet;
  readonly timestamp: KeySet;
}

/** What a record did to the offline roles. Each outcome names the role, whose projector records it. */
export interface OfflineEffects {
  readonly outcomes: readonly (Outcome & { readonly role: string })[];
  readonly drafted: readonly Drafted[];
  readonly completed: readonly Completion[];
  readonly root?: RootChange;
}

/** What nearly every record does to them. */
export const NOTHING_OFFLINE: OfflineEffects = { outcomes: [], drafted: [], completed: [] };

/** A record as far as this fold looks at it. */
interface OfflineRecord {
  readonly position: number;
  readonly author: Author;
  readonly events: readonly Placed[];
}

/** The fold while it takes one record. */
interface Folding {
  readonly trust: Trust;
  readonly record: OfflineRecord;
  readonly opened: LedgerOpened;
  readonly crypto: Crypto;
  readonly outcomes: (Outcome & { role: string })[];
  readonly drafted: Drafted[];
  readonly completed: Completion[];
  root?: RootChange;
}

/** Folds one record and changes `trust` by it. Total: never throws for what a record holds. */
export function decideOffline(
  trust: Trust,
  record: OfflineRecord,
  opened: LedgerOpened,
  crypto: Crypto,
): OfflineEffects {
  if (!record.events.some(concernsOffline)) return NOTHING_OFFLINE;
  const folding: Folding = { trust, record, opened, crypto, outcomes: [], drafted: [], completed: [] };
  record.events.forEach((placed, index) => {
    if (placed.owner !== 'role') return;
    const { event } = placed;
    if (event.type === 'draft.proposed') decideProposal(folding, event, index);
    else decideEntries(folding, event, index);
  });
  for (const role of OFFLINE_ROLES) settle(folding, role);
  const { outcomes, drafted, completed, root } = folding;
  return { outcomes, drafted, completed, ...(root && { root }) };
}

function concernsOffline(placed: Placed): boolean {
  if (placed.owner !== 'role') return false;
  const { event } = placed;
  if (event.type === 'draft.proposed') return isOfflineRole(event.role);
  return event.signatures.some(({ role }) => isOfflineRole(role));
}

/** Decides a draft and the key events before it, which all come to the same. */
function decideProposal(folding: Folding, event: DraftProposed, index: number): void {
  const { role } = event;
  if (!isOfflineRole(role)) return;
  const { position, events } = folding.record;
  const verdict = proposal(folding, event, role, index);
  events.forEach((placed, i) => {
    if (placed.owner === 'keys') folding.outcomes.push({ position, event: i, verdict, role });
  });
  folding.outcomes.push({ position, event: index, verdict, role });
}

function proposal(folding: Folding, event: DraftProposed, role: OfflineRole, index: number): Verdict {
  const { trust, record, opened, crypto } = folding;
  if (record.position > 0 && record.events.some(placed => placed.owner === 'root'))
    return rejected(
      'mixed-record',
      'another event of this record is malformed, and it is decided as a whole',
    );
  const state = trust.get(role)!;
  if (isComplete(state, event)) return UNCHANGED;
  const isOpen = state.life.draft?.version === event.version;
  const next = record.position === 0 ? opening(folding, role) : contentAfter(folding, state, event, role);
  if ('result' in next) return next;
  const text = offlineText({ ...event, role }, next.carries, opened);
  const sha256 = crypto.sha256Hex(text);
  if (sha256 !== event.sha256)
    return rejected('draft-hash', `${role} ${event.version} has the SHA-256 ${sha256}, not ${event.sha256}`);
  // The very same draft again: its signatures stay.
  if (isOpen && state.life.draft?.sha256 === sha256) return UNCHANGED;
  if (record.position > 0 && event.version !== nextOfflineVersion(state, role))
    return wrongVersion(state, event, role);
  if (!mayPropose(folding, event, { role, text, index })) return rejected('not-permitted', NOT_PERMITTED);
  const { version } = event;
  const draft = { version, expires: parseExpires(event.expires)!, position: record.position, sha256, text };
  folding.drafted.push(openDraft(role, state.life, draft));
  state.next = { ...next, byAdministrators: 'administrators' in record.author };
  return APPLIED;
}

/** Whether this very version is complete already. */
function isComplete({ life: { complete } }: OfflineState, { version, sha256 }: DraftProposed): boolean {
  return complete?.version === version && complete.sha256 === sha256;
}

const NOT_PERMITTED =
  "a draft needs a record signed by the administrators' threshold; or, unless it replaces one of theirs, one in which a valid signature over it by a key of the role follows";

function opening({ opened, crypto }: Folding, role: OfflineRole): NextVersion {
  return { carries: openingKeys(opened, role, crypto), revokes: false };
}

/** What the draft carries: what the newest complete version does, after the key events of the record. */
function contentAfter(
  { record, crypto }: Folding,
  state: OfflineState,
  event: DraftProposed,
  role: OfflineRole,
): NextVersion | Verdict {
  const { carries } = state;
  if (!carries) return rejected('not-open', `${role} 1 must be complete before its next version is proposed`);
  const known = [nextOfflineVersion(state, role), state.life.draft?.version];
  if (!known.includes(event.version)) return wrongVersion(state, event, role);
  const events = record.events.flatMap(placed => (placed.owner === 'keys' ? placed.event : []));
  return carriedAfter(carries, events, crypto);
}

function wrongVersion(state: OfflineState, { version }: DraftProposed, role: OfflineRole): Verdict {
  const next = nextOfflineVersion(state, role);
  return rejected('draft-version', `the next version of ${role} is ${next}, not ${version}`);
}

function mayPropose(
  { trust, record, crypto }: Folding,
  { version, sha256 }: DraftProposed,
  { role, text, index }: { readonly role: OfflineRole; readonly text: string; readonly index: number },
): boolean {
  if ('administrators' in record.author) return true;
  if (trust.get(role)!.next?.byAdministrators) return false;
  const keys = keysInForce(trust, role)?.keys;
  const isSigned = (entry: SignedEntry): boolean => {
    const isOfDraft = entry.role === role && entry.version === version && entry.sha256 === sha256;
    const key = isOfDraft ? keys?.get(entry.keyid) : undefined;
    return key !== undefined && crypto.verify(key, utf8(text), fromHex(entry.sig));
  };
  return record.events
    .slice(index + 1)
    .some(
      placed =>
        placed.owner === 'role' && placed.event.type === 'signed' && placed.event.signatures.some(isSigned),
    );
}

function decideEntries(folding: Folding, { signatures }: Signed, event: number): void {
  const { position } = folding.record;
  for (const [index, entry] of signatures.entries()) {
    const { role } = entry;
    if (!isOfflineRole(role)) continue;
    const verdict = entryVerdict(folding, entry, role);
    folding.outcomes.push({ position, event, entry: index, verdict, role });
  }
}

function entryVerdict({ trust, opened, crypto }: Folding, entry: SignedEntry, role: OfflineRole): Verdict {
  const state = trust.get(role)!;
  const requirements = offlineRequirements(trust, role);
  const verdict = submitSignature(state.life, entry, {
    requirements,
    message: () => utf8(draftText(state, role, opened)),
    crypto,
  });
  if (verdict.result !== 'applied' || !isSigned(state, requirements)) return verdict;
  const behind = delegateBehind(trust, role);
  if (!behind) return verdict;
  state.life.draft!.signatures.delete(entry.keyid);
  return rejected(
    `${behind}-first`,
    `${role} ${entry.version} brings other keys for ${behind}, and no version of ${behind} bears enough of their signatures; propose and sign one, then send this again`,
  );
}

function draftText({ life, next }: OfflineState, role: OfflineRole, opened: LedgerOpened): string {
  const { version, expires } = life.draft!;
  return offlineText({ role, version, expires: formatExpires(expires) }, next!.carries, opened);
}

function isSigned({ life }: OfflineState, requirements: readonly RoleKeys[]): boolean {
  return requirements.every(keys => meetsThreshold(keys, life.draft!.signatures.keys()));
}

/** The first role to which the draft of `role` brings keys that its newest version, complete or open, does not meet. */
function delegateBehind(trust: Trust, role: OfflineRole): 'targets' | 'bins' | undefined {
  const { carries, next } = trust.get(role)!;
  if (!carries || !next) return undefined;
  return (['targets', 'bins'] as const).find(delegate => {
    if (DELEGATOR[delegate] !== role) return false;
    const keys = next.carries.get(delegate)!;
    return !areSameKeys(carries.get(delegate)!, keys) && !bears(trust, delegate, keys);
  });
}

/** Whether the role's newest version meets these keys, or its open draft would as soon as they are in force. */
function bears(trust: Trust, role: OfflineRole, keys: RoleKeys): boolean {
  const { life, signers } = trust.get(role)!;
  if (meetsThreshold(keys, signers)) return true;
  return meetsThreshold(keys, life.draft?.signatures.keys() ?? []) && !delegateBehind(trust, role);
}

/** In the order of delegation: what a role's completion asks of the next one counts at once. */
function settle(folding: Folding, role: OfflineRole): void {
  const { trust, record } = folding;
  const state = trust.get(role)!;
  const { next, carries: before } = state;
  if (!next || delegateBehind(trust, role)) return;
  const completion = settleDraft(role, state.life, offlineRequirements(trust, role), record.position);
  if (!completion) return;
  folding.completed.push(completion);
  state.carries = next.carries;
  state.signers = completion.signatures.map(({ keyid }) => keyid);
  delete state.next;
  const changed = [...next.carries].filter(
    ([name, keys]) => !before || !areSameKeys(before.get(name)!, keys),
  );
  if (changed.length > 0) state.changed = record.position;
  if (role !== 'root') return;
  const { version } = completion;
  const names = new Set(changed.map(([name]) => name));
  const isReplaced = before && (names.has('snapshot') || names.has('timestamp'));
  folding.root = {
    version,
    revokes: next.revokes,
    ...(isReplaced && { replaced: replacedKeys(before) }),
    ...(before && names.has('targets') && { replacedTargets: roleKeysJson(before.get('targets')!) }),
  };
}

function replacedKeys(carries: CarriedKeys): ReplacedKeys {
  return {
    snapshot: keySetOf(carries.get('snapshot')!),
    timestamp: keySetOf(carries.get('timestamp')!),
  };
}
