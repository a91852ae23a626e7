// The `signed` part of targets metadata (TUF 4.5), of the top-level role and of delegated ones alike.
// A role's targets are kept as fragments, `"path":{...}` in canonical form, joined when the role is rendered: the same
// bytes as canonicalising the whole, without doing so for what did not change.

import { canonicalize, type JsonObject, quoted } from './canonical.js';
import { SPEC_VERSION } from './metadata.js';

/** What metadata says of one target. `yanked` is the reason, or true where none was given (PEP 592). */
export interface Target {
  readonly length: number;
  readonly sha256: string;
  readonly sha512?: string;
  readonly yanked?: string | true;
}

/** The fragment of a target, `"path":{"custom":...,"hashes":...,"length":...}`. */
export function targetFragment(path: string, { length, sha256, sha512, yanked }: Target): string {
  const custom = yanked === undefined ? '' : `"custom":{"yanked":${yanked === true || quoted(yanked)}},`;
  const second = sha512 === undefined ? '' : `,"sha512":${quoted(sha512)}`;
  return `${quoted(path)}:{${custom}"hashes":{"sha256":${quoted(sha256)}${second}},"length":${canonicalize(length)}}`;
}

/**
 * The canonical text of a targets role.
 * `fragments` are its targets' fragments in code point order of their paths; `delegations` is left out where undefined.
 */
export function targetsText(role: {
  version: number;
  expires: string;
  fragments: Iterable<string>;
  delegations?: JsonObject;
}): string {
  const delegations = role.delegations ? `"delegations":${canonicalize(role.delegations)},` : '';
  const targets = Array.isArray(role.fragments) ? role.fragments : [...role.fragments];
  return (
    `{"_type":"targets",${delegations}"expires":"${role.expires}","spec_version":"${SPEC_VERSION}",` +
    `"targets":{${targets.join(',')}},"version":${role.version}}`
  );
}
