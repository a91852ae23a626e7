// What stands in a version of an offline-signed role, given the keys that it carries. The ceremony that proposes one and the fold
// that checks it render by the same code.

import { allPathsPatterns, type KeyedRole, type LedgerOpened, type OfflineRole } from '#ledger';
import {
  BINS_ROLE,
  binDelegations,
  type JsonObject,
  keysJson,
  type RoleKeys,
  roleKeysJson,
  rootText,
  targetsText,
} from '#tuf';
import type { CarriedKeys } from './trust.js';

/** A version of an offline role, with when it expires (the text of the field). */
export interface OfflineVersion {
  readonly role: OfflineRole;
  readonly version: number;
  readonly expires: string;
}

/** The canonical text of a version that carries these keys. */
export function offlineText(
  { role, version, expires }: OfflineVersion,
  carries: CarriedKeys,
  opened: Pick<LedgerOpened, 'bins' | 'pathRule'>,
): string {
  const keys = (name: KeyedRole) => carries.get(name)!;
  if (role === 'root') {
    const roles = {
      root: keys('root'),
      snapshot: keys('snapshot'),
      targets: keys('targets'),
      timestamp: keys('timestamp'),
    };
    return rootText({ version, expires, roles });
  }
  const delegations =
    role === 'targets' ? toBins(keys('bins'), opened) : binDelegations(opened.bins, keys('hashBins'));
  return targetsText({ version, expires, fragments: [], delegations });
}

/** All paths go to `bins`, the last delegation and so terminating. */
function toBins(bins: RoleKeys, { pathRule }: Pick<LedgerOpened, 'pathRule'>): JsonObject {
  const role = {
    ...roleKeysJson(bins),
    name: BINS_ROLE,
    paths: allPathsPatterns(pathRule),
    terminating: true,
  };
  return { keys: keysJson([bins]), roles: [role] };
}
