// Which keys every role has, as of a position. The keys of root, targets, snapshot and timestamp stand in root; those of `bins` in
// targets; those of the hash bins in `bins`. These three offline-signed roles change rarely, but what they say counts for every
// projector at the same position: so their life is part of the reading, like authority, and every reader decides it by itself.
//
// The state is owned by its reader and changed in place, by offline.ts alone.

import {
  areSameKeys,
  CARRIED,
  type KeyedRole,
  type KeySet,
  keySetOf,
  type LedgerOpened,
  OFFLINE_ROLES,
  type OfflineRole,
  roleKeysOf,
} from '#ledger';
import type { Crypto, RoleKeys } from '#tuf';
import { newRole, type RoleState, roleStateOf, roleStateText } from './draft.js';

/** In whose metadata the keys of each stand. */
export const DELEGATOR: Readonly<Record<OfflineRole, OfflineRole>> = {
  root: 'root',
  targets: 'root',
  bins: 'targets',
};

/** The keys that a version of an offline role carries. */
export type CarriedKeys = ReadonlyMap<KeyedRole, RoleKeys>;

/** What a draft carries, and whether that takes keys away at once (`key.revoked`). */
export interface NextVersion {
  readonly carries: CarriedKeys;
  readonly revokes: boolean;
  /** Whether the administrators proposed it: then only they may replace it. */
  readonly byAdministrators?: boolean;
}

/** The life of one offline role. */
export interface OfflineState {
  readonly life: RoleState;
  /** Of the newest complete version: what it carries, and the keyids that signed it. */
  carries?: CarriedKeys;
  signers: readonly string[];
  /** Of the open draft. */
  next?: NextVersion;
  /** The position of the record that completed the first version with the keys that it carries now. */
  changed: number;
}

export type Trust = ReadonlyMap<OfflineRole, OfflineState>;

/** The keys of the online roles, as the newest complete offline roles carry them. */
export interface OnlineKeySets {
  /** The version of root. */
  readonly root: number;
  /** The keyids that signed the newest complete targets. */
  readonly targetsSigners: readonly string[];
  readonly snapshot: KeySet;
  readonly timestamp: KeySet;
  readonly hashBins: KeySet;
  /** The position from which on the hash bins have these keys. */
  readonly hashBinsSince: number;
}

/** The trust before the opening. */
export function newTrust(): Trust {
  return new Map(OFFLINE_ROLES.map(role => [role, { life: newRole(), signers: [], changed: -1 }]));
}

/** What the opening's drafts carry. */
export function openingKeys(opened: LedgerOpened, role: OfflineRole, crypto: Crypto): CarriedKeys {
  return new Map(CARRIED[role].map(name => [name, roleKeysOf(opened.roles[name], crypto)]));
}

/** The keys in force for an offline role; before the first version that carries them is complete, those of its draft. */
export function keysInForce(trust: Trust, role: OfflineRole): RoleKeys | undefined {
  const { carries, next } = trust.get(DELEGATOR[role])!;
  return (carries ?? next?.carries)?.get(role);
}

/**
 * Every threshold that a draft of the role must meet: that of the keys in force, and that of the keys which an open draft of its
 * delegator brings (TUF 5.3.4 for root), so that it is valid under both.
 */
export function offlineRequirements(trust: Trust, role: OfflineRole): RoleKeys[] {
  const { carries, next } = trust.get(DELEGATOR[role])!;
  return distinctKeys([carries?.get(role), next?.carries.get(role)]);
}

/** The keys of the online roles; undefined until root, targets and `bins` are complete, and the ledger therefore open. */
export function onlineKeySets(trust: Trust): OnlineKeySets | undefined {
  const [root, targets, bins] = OFFLINE_ROLES.map(role => trust.get(role)!);
  if (!root!.carries || !targets!.carries || !bins!.carries) return undefined;
  return {
    root: root!.life.complete!.version,
    targetsSigners: targets!.signers,
    snapshot: keySetOf(root!.carries.get('snapshot')!),
    timestamp: keySetOf(root!.carries.get('timestamp')!),
    hashBins: keySetOf(bins!.carries.get('hashBins')!),
    hashBinsSince: bins!.changed,
  };
}

/** Without those that are absent, or the same as one before. */
export function distinctKeys(sets: readonly (RoleKeys | undefined)[]): RoleKeys[] {
  const distinct: RoleKeys[] = [];
  for (const set of sets) if (set && !distinct.some(other => areSameKeys(other, set))) distinct.push(set);
  return distinct;
}

/** Trust as text, for a projection's progress. */
export function trustText(trust: Trust): string {
  const roles = [...trust].map(([role, { life, carries, signers, next, changed }]) => [
    role,
    {
      life: roleStateText(life),
      signers,
      changed,
      ...(carries && { carries: keySetsOf(carries) }),
      ...(next && { next: { ...next, carries: keySetsOf(next.carries) } }),
    },
  ]);
  return JSON.stringify(roles);
}

/** The trust of trustText. */
export function trustOf(text: string, crypto: Crypto): Trust {
  const saved = JSON.parse(text) as [OfflineRole, SavedOfflineState][];
  const carriedOf = (sets: SavedKeys): CarriedKeys =>
    new Map(sets.map(([name, set]) => [name, roleKeysOf(set, crypto)]));
  return new Map(
    saved.map(([role, { life, carries, signers, next, changed }]) => [
      role,
      {
        life: roleStateOf(life),
        signers,
        changed,
        ...(carries && { carries: carriedOf(carries) }),
        ...(next && { next: { ...next, carries: carriedOf(next.carries) } }),
      },
    ]),
  );
}

type SavedKeys = readonly (readonly [KeyedRole, KeySet])[];

interface SavedOfflineState {
  readonly life: string;
  readonly carries?: SavedKeys;
  readonly signers: readonly string[];
  readonly next?: Omit<NextVersion, 'carries'> & { readonly carries: SavedKeys };
  readonly changed: number;
}

function keySetsOf(carries: CarriedKeys): SavedKeys {
  return [...carries].map(([name, keys]) => [name, keySetOf(keys)] as const);
}
