// Who may append what: the administrators, the enrolled publishers with their permissions and sequences, and the rules in
// force. Every reader folds this part of the log itself, because admission of the next value depends on it.
//
// The state is owned by its reader and changed in place. Changes made by a record act from the next record on: admission of
// a record is over before its events are decided.

import {
  type Crypto,
  type Json,
  type JsonObject,
  type Key,
  keyid,
  meetsThreshold,
  parseKey,
  type RoleKeys,
  sortedKeyids,
} from '#tuf';
import type { KeyRevoked, KeyRotated, KeySet, LedgerEvent, Permissions, PublisherEnrolled } from './event.js';
import type { Rejection } from './rejection.js';

/** The most streams of one key: what an index's gateways and backends need, and a bound on what a key can make readers keep. */
export const MAX_STREAMS_PER_KEY = 64;
/** The version of the rules that this code knows; a later one that is activated stops it. */
export const KNOWN_RULES = 1;

interface Publisher {
  readonly key: Key;
  readonly permissions: Permissions;
}

export interface Authority {
  administrators: RoleKeys;
  /** By keyid. */
  readonly publishers: Map<string, Publisher>;
  /** The last admitted `seq` by keyid and stream, kept after a revocation; the administrators' own has keyid ''. */
  readonly sequences: Map<string, Map<string, number>>;
  /** The keyid under which a secret was enrolled, by the text of its public key, kept after a revocation. */
  readonly secrets: Map<string, string>;
  /** The active rules. */
  rules: number;
}

/** Who signed a record: a publisher, by keyid, or the administrators together. */
export type Author = { readonly publisher: string } | { readonly administrators: true };

/** What became of an event: it changed something, or nothing (it said what was so already), or it was rejected. */
export type Verdict =
  | { readonly result: 'applied' | 'unchanged' }
  | { readonly result: 'rejected'; readonly rejection: Rejection };

export const APPLIED: Verdict = { result: 'applied' };
export const UNCHANGED: Verdict = { result: 'unchanged' };

export function rejected(code: Rejection['code'], detail: string): Verdict {
  return { result: 'rejected', rejection: { code, detail } };
}

/** Keys by keyid, with their threshold, from an event's list of them. */
export function roleKeysOf(set: KeySet, crypto: Crypto): RoleKeys {
  const keys = set.keys.map(parseKey);
  return { keys: new Map(keys.map(key => [keyid(key, crypto), key])), threshold: set.threshold };
}

/** The keys of roleKeysOf as an event writes them. */
export function keySetOf({ keys, threshold }: RoleKeys): KeySet {
  return { keys: [...keys.values()], threshold };
}

/** The role by which key events mean the administrators' own keys. */
const ADMINISTRATORS_ROLE = 'administrators';
type OfAdministrators = { readonly role: typeof ADMINISTRATORS_ROLE };

/** The events that this file decides. */
export type AuthorityEvent =
  | Extract<LedgerEvent, { type: 'publisher.enrolled' | 'publisher.revoked' | 'rules.activated' }>
  | (KeyRotated & OfAdministrators)
  | (KeyRevoked & OfAdministrators);

export function isAuthorityEvent(event: LedgerEvent): event is AuthorityEvent {
  switch (event.type) {
    case 'publisher.enrolled':
    case 'publisher.revoked':
    case 'rules.activated':
      return true;
    case 'key.rotated':
    case 'key.revoked':
      return event.role === ADMINISTRATORS_ROLE;
    default:
      return false;
  }
}

/** Decides an event on authority and changes `authority` by it. All of these are for administrators alone. */
export function decideAuthority(
  authority: Authority,
  event: AuthorityEvent,
  author: Author,
  crypto: Crypto,
): Verdict {
  if (!('administrators' in author)) {
    return rejected('not-permitted', `${event.type} needs a record signed by the administrators' threshold`);
  }
  switch (event.type) {
    case 'publisher.enrolled':
      return enroll(authority, event, crypto);
    case 'publisher.revoked':
      // Natural idempotence is for what was enrolled once; a keyid nobody has heard of is a mistake worth telling.
      if (authority.publishers.delete(event.keyid)) return APPLIED;
      return authority.sequences.has(event.keyid)
        ? UNCHANGED
        : rejected('publisher-unknown', `no publisher has the keyid ${event.keyid}`);
    case 'rules.activated':
      if (event.version !== authority.rules + 1) {
        return rejected(
          'rules-version',
          `rules ${authority.rules} are active; the next are ${authority.rules + 1}`,
        );
      }
      authority.rules = event.version;
      return APPLIED;
    case 'key.rotated':
      return replaceAdministrators(authority, roleKeysOf(event, crypto));
    case 'key.revoked':
      return revokeAdministrator(authority, event.keyid);
  }
}

function replaceAdministrators(authority: Authority, administrators: RoleKeys): Verdict {
  if (areSameKeys(authority.administrators, administrators)) return UNCHANGED;
  authority.administrators = administrators;
  return APPLIED;
}

function revokeAdministrator(authority: Authority, keyid: string): Verdict {
  const remaining = withoutKey(authority.administrators, keyid);
  if ('result' in remaining) return remaining;
  authority.administrators = remaining;
  return APPLIED;
}

/** The keys without one of them, or why it can't be taken away. */
export function withoutKey(set: RoleKeys, keyid: string): RoleKeys | Verdict {
  if (!set.keys.has(keyid)) return rejected('key-not-in-role', `${keyid} is none of the keys`);
  const keys = new Map([...set.keys].filter(([id]) => id !== keyid));
  if (keys.size >= set.threshold) return { keys, threshold: set.threshold };
  return rejected(
    'threshold-unreachable',
    `without ${keyid} ${keys.size} keys remain, fewer than the threshold ${set.threshold}; rotate to other keys or another threshold instead`,
  );
}

/** Whether both are the same keys with the same threshold. */
export function areSameKeys(a: RoleKeys, b: RoleKeys): boolean {
  return a.threshold === b.threshold && sortedKeyids(a).join() === sortedKeyids(b).join();
}

function enroll(authority: Authority, event: PublisherEnrolled, crypto: Crypto): Verdict {
  const key = parseKey(event.key);
  const id = keyid(key, crypto);
  // The keyid of an envelope is not signed: under a second one of the same secret all its records could be sent again.
  const known = authority.secrets.get(key.keyval.public);
  if (known !== undefined && known !== id)
    return rejected('key-taken', `this secret was enrolled with the keyid ${known}`);
  const enrolled = authority.publishers.get(id);
  if (enrolled && samePermissions(enrolled.permissions, event.permissions)) return UNCHANGED;
  authority.publishers.set(id, { key, permissions: event.permissions });
  if (!authority.sequences.has(id)) authority.sequences.set(id, new Map());
  authority.secrets.set(key.keyval.public, id);
  return APPLIED;
}

function samePermissions(a: Permissions, b: Permissions): boolean {
  return a.delegate === b.delegate && a.cut === b.cut && (a.index ?? []).join() === (b.index ?? []).join();
}

/** Whether the author of a record may append index events about `subject` (a project's name, or a path's first segment). */
export function mayIndex(authority: Authority, author: Author, subject: string): boolean {
  const patterns = permissionsOf(authority, author)?.index ?? [];
  return patterns.some(pattern => pattern === '*' || matchesPattern(pattern, subject));
}

/** Whether the author of a record may append cuts. */
export function mayCut(authority: Authority, author: Author): boolean {
  return permissionsOf(authority, author)?.cut === true;
}

function permissionsOf(authority: Authority, author: Author): Permissions | undefined {
  return 'publisher' in author ? authority.publishers.get(author.publisher)?.permissions : undefined;
}

/** Greedy match with one point of return, linear in the text for each `*`: a pattern can't make a reader slow. */
function matchesPattern(pattern: string, text: string): boolean {
  let p = 0;
  let star = -1;
  let resume = 0;
  for (let t = 0; t < text.length; ) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** Whether the signers of a record meet the administrators' threshold with no signature to spare. */
export function areAdministrators(authority: Authority, keyids: readonly string[]): boolean {
  return (
    keyids.length === authority.administrators.threshold && meetsThreshold(authority.administrators, keyids)
  );
}

/** Authority as JSON, for a projection's progress. */
export function authorityJson(authority: Authority): JsonObject {
  return {
    administrators: keySetOf(authority.administrators) as unknown as Json,
    publishers: [...authority.publishers].map(([id, { key, permissions }]) => [
      id,
      key,
      permissions,
    ]) as unknown as Json,
    sequences: [...authority.sequences].map(([id, streams]) => [id, [...streams]]),
    secrets: [...authority.secrets],
    rules: authority.rules,
  };
}

/** The authority of authorityJson. */
export function authorityOf(json: JsonObject, crypto: Crypto): Authority {
  const publishers = json.publishers as unknown as [string, Key, Permissions][];
  const sequences = json.sequences as unknown as [string, [string, number][]][];
  return {
    administrators: roleKeysOf(json.administrators as unknown as KeySet, crypto),
    publishers: new Map(publishers.map(([id, key, permissions]) => [id, { key, permissions }])),
    sequences: new Map(sequences.map(([id, streams]) => [id, new Map(streams)])),
    secrets: new Map(json.secrets as unknown as [string, string][]),
    rules: json.rules as number,
  };
}
