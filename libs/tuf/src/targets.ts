// The `signed` part of targets metadata (TUF 4.5), of the top-level role and of delegated ones alike.
// A role's targets are kept as fragments, `"path":{...}` in canonical form, joined when the role is rendered: the same
// bytes as canonicalising the whole, without doing so for what did not change.

import { canonicalize, type JsonObject } from './canonical.js';
import { SPEC_VERSION } from './metadata.js';

/** What metadata says of one target. `yanked` is the reason, or true where none was given (PEP 592). */
export interface Target {
  readonly length: number;
  readonly sha256: string;
  readonly sha512?: string;
  readonly yanked?: string | true;
}

/** The fragment of a target, `"path":{"custom":...,"hashes":...,"length":...}`. */
export function targetFragment(path: string, target: Target): string {
  const value: JsonObject = { hashes: hashesJson(target), length: target.length };
  if (target.yanked !== undefined) value.custom = { yanked: target.yanked };
  return `${canonicalize(path)}:${canonicalize(value)}`;
}

function hashesJson(target: Target): JsonObject {
  return target.sha512 === undefined
    ? { sha256: target.sha256 }
    : { sha256: target.sha256, sha512: target.sha512 };
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
