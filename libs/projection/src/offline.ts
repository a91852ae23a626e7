// The fold of the offline-signed roles. A record with `draft.proposed` is decided as a whole: its key events and its draft apply
// together or not at all (DESIGN 4). Signatures follow one by one, from whoever relays them, and at the record's end a version whose
// every threshold is met is complete.
//
// A version that brings other keys for targets or `bins` waits until the newest version of that role bears them: else there would be
// a state in which no client could verify it. Its last signature is rejected until then (`targets-first`, `bins-first`).

import {
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
  type Verdict,
} from '#ledger';
import { type Crypto, formatExpires, meetsThreshold, type RoleKeys, roleKeysJson, utf8 } from '#tuf';
import { type Completion, type Draft, type Drafted, settleDraft, submitSignature } from './draft.js';
import { decideDraft, type Folding, type OfflineRecord } from './offline-proposal.js';
import { offlineText } from './offline-text.js';
import type { Outcome } from './outcome.js';
import type { Placed } from './placement.js';
import { type CarriedKeys, DELEGATOR, type OfflineState, offlineRequirements, type Trust } from './trust.js';

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
  const [root] = OFFLINE_ROLES.map(role => settle(folding, role));
  const { outcomes, drafted, completed } = folding;
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
  const verdict = decideDraft(folding, event, role, index);
  events.forEach((placed, i) => {
    if (placed.owner === 'keys') folding.outcomes.push({ position, event: i, verdict, role });
  });
  folding.outcomes.push({ position, event: index, verdict, role });
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
    message: () => draftBytes(state, role, opened),
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

/** The UTF-8 of open drafts: a record may hold a hundred signatures over one of 3 MB, and each asks for it. */
const rendered = new WeakMap<Draft, Uint8Array>();

function draftBytes({ life, next }: OfflineState, role: OfflineRole, opened: LedgerOpened): Uint8Array {
  const draft = life.draft!;
  const { version, expires } = draft;
  const known = rendered.get(draft);
  if (known) return known;
  const text = offlineText({ role, version, expires: formatExpires(expires) }, next!.carries, opened);
  const bytes = utf8(text);
  rendered.set(draft, bytes);
  return bytes;
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

/** In the order of delegation: what a role's completion asks of the next one counts at once. Tells what a complete root changed. */
function settle(folding: Folding, role: OfflineRole): RootChange | undefined {
  const { trust, record } = folding;
  const state = trust.get(role)!;
  const { next, carries: before } = state;
  if (!next || delegateBehind(trust, role)) return undefined;
  const completion = settleDraft(role, state.life, offlineRequirements(trust, role), record.position);
  if (!completion) return undefined;
  folding.completed.push(completion);
  state.carries = next.carries;
  state.signers = completion.signatures.map(({ keyid }) => keyid);
  delete state.next;
  const changed = [...next.carries].filter(
    ([name, keys]) => !before || !areSameKeys(before.get(name)!, keys),
  );
  if (changed.length > 0) state.changed = record.position;
  if (role !== 'root') return undefined;
  const { version } = completion;
  const names = new Set(changed.map(([name]) => name));
  const isReplaced = before && (names.has('snapshot') || names.has('timestamp'));
  return {
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
