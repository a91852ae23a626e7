// Thresholds (TUF 4.2.1): a role's metadata is authentic when at least `threshold` distinct keys of the role signed it.

import { compareCodePoints } from './bytes.js';
import type { JsonObject } from './canonical.js';
import type { Key } from './key-object.js';

/** The keys that speak for a role, by keyid, and how many of them must. */
export interface RoleKeys {
  readonly keys: ReadonlyMap<string, Key>;
  readonly threshold: number;
}

/** Whether the keyids in `signers` (each counted once) meet the threshold of `role`. */
export function meetsThreshold(role: RoleKeys, signers: Iterable<string>): boolean {
  const distinct = new Set<string>();
  for (const keyid of signers) if (role.keys.has(keyid)) distinct.add(keyid);
  return distinct.size >= role.threshold;
}

/** The keyids of a role in code point order, the order in which every list of keyids is written. */
export function sortedKeyids(role: RoleKeys): string[] {
  return [...role.keys.keys()].sort(compareCodePoints);
}

/** `{"keyids":[...],"threshold":n}` as root and delegations hold it (TUF 4.3). */
export function roleKeysJson(role: RoleKeys): { keyids: string[]; threshold: number } {
  return { keyids: sortedKeyids(role), threshold: role.threshold };
}

/** The `keys` object of root or of delegations: every key of `roles` by its keyid. */
export function keysJson(roles: Iterable<RoleKeys>): JsonObject {
  const keys: JsonObject = {};
  for (const role of roles) for (const [keyid, key] of role.keys) keys[keyid] = key;
  return keys;
}
