// The `signed` part of root metadata (TUF 4.3).

import { canonicalize } from './canonical.js';
import { SPEC_VERSION } from './metadata.js';
import { keysJson, type RoleKeys, roleKeysJson } from './threshold.js';

/** The four top-level roles, in the order in which root lists them. */
export const TOP_LEVEL_ROLES = ['root', 'snapshot', 'targets', 'timestamp'] as const;
export type TopLevelRole = (typeof TOP_LEVEL_ROLES)[number];

/** Who may sign for each top-level role. */
export type TopLevelKeys = Readonly<Record<TopLevelRole, RoleKeys>>;

/** The canonical text of root `version` that expires at `expires` (the text of the field). */
export function rootText(root: { version: number; expires: string; roles: TopLevelKeys }): string {
  const roles = TOP_LEVEL_ROLES.map(name => [name, roleKeysJson(root.roles[name])] as const);
  return canonicalize({
    _type: 'root',
    consistent_snapshot: true,
    expires: root.expires,
    keys: keysJson(TOP_LEVEL_ROLES.map(name => root.roles[name])),
    roles: Object.fromEntries(roles),
    spec_version: SPEC_VERSION,
    version: root.version,
  });
}
