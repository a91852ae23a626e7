// From a record's raw events to the closed union, or to the rejection that every reader finds from the bytes alone.
// The tables give the order in which fields are checked; it is part of the rules.

import { isBinCount, isHex, MAX_BINS, MIN_BINS } from '#tuf';
import { type EventType, KEYED_ROLES, type KeySet, type LedgerEvent, type Lifetime } from './event.js';
import type { RawEvent } from './payload.js';
import type { Rejection } from './rejection.js';
import * as is from './schema.js';

/** The most keys that a role, the administrators or an event can have. */
export const MAX_KEYS = 64;
/** The most entries of one `signed`; about 140 fit a record. */
export const MAX_SIGNED_ENTRIES = 1_000;
/** What an RSA key of 8192 bits signs. */
const MAX_SIGNATURE_BYTES = 1_024;
/** Reasons are for people who read an index page, and nobody's personal data. */
export const MAX_REASON_BYTES = 256;
/** Milliseconds: a hundred years, so that no sum of times overflows. */
const MAX_DURATION_MS = 3_155_760_000_000;
const MAX_SAFE = Number.MAX_SAFE_INTEGER;

const keySet = {
  keys: is.list(is.key, 1, MAX_KEYS),
  threshold: is.integer(1, MAX_KEYS),
};
// One secret counts once, whatever fields surround its key: a list that repeats it, or a threshold above the list's length,
// is never what it says.
const keySetFields = is.object(keySet);
const keySetObject: is.Check = (value, where) => {
  const fault = keySetFields(value, where);
  return fault ?? keySetFault(value as unknown as KeySet, `${where}.`);
};
function keySetFault(set: KeySet, prefix: string): Rejection | undefined {
  const distinct = new Set(set.keys.map(key => key.keyval.public));
  if (distinct.size < set.keys.length)
    return { code: 'field-range', detail: `${prefix}keys names a key twice` };
  if (set.threshold <= set.keys.length) return undefined;
  return { code: 'field-range', detail: `${prefix}threshold is above the number of keys` };
}
const granted: is.Check = (value, where) =>
  value === true ? undefined : { code: 'field-type', detail: `${where} must be true, or absent` };
const lifetimeFields = is.object({
  lifetime: is.integer(1, MAX_DURATION_MS / 1000),
  window: is.integer(0, MAX_DURATION_MS / 1000),
});
// A role that may be renewed from the moment of its issue would be issued anew at every cut.
const lifetime: is.Check = (value, where) => {
  const fault = lifetimeFields(value, where);
  if (fault) return fault;
  const { lifetime: valid, window } = value as unknown as Lifetime;
  if (window < valid) return undefined;
  return { code: 'field-range', detail: `${where}.window must be shorter than ${where}.lifetime` };
};
const policy = is.object({
  hashBins: lifetime,
  snapshot: lifetime,
  timestamp: lifetime,
  cutInterval: is.integer(1, MAX_DURATION_MS),
  overlap: is.integer(0, MAX_DURATION_MS),
});
const hashFields = is.object({ sha256: is.hash(32), sha512: is.optional(is.hash(64)) });
const hashes: is.Check = (value, where) => {
  const names =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  const unknown = names.find(name => name !== 'sha256' && name !== 'sha512');
  if (unknown !== undefined) {
    return {
      code: 'hash-algorithm',
      detail: `${where}.${unknown}: a target has sha256 and may have sha512, no other hash`,
    };
  }
  return hashFields(value, where);
};
const coreMetadata: is.Check = (value, where) => (value === true ? undefined : hashes(value, where));
const binCountRange = is.integer(MIN_BINS, MAX_BINS);
const binCount: is.Check = (value, where) => {
  const fault = binCountRange(value, where);
  if (fault || isBinCount(value as number)) return fault;
  return { code: 'field-range', detail: `${where} must be a power of two from ${MIN_BINS} to ${MAX_BINS}` };
};

// A role's name is a file's name and stands in one flat space with all others.
const roleName = is.matching(/^[a-z0-9._-]{1,64}$/, 'a role name of [a-z0-9._-]{1,64}');
const pattern = is.matching(
  /^[a-z0-9*-]{1,128}$/,
  'a pattern of project names: [a-z0-9-], and * for any run of them',
);
const uploadTimeForm = is.matching(
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/,
  'a time of the form YYYY-MM-DDTHH:MM:SS.ffffffZ',
);
/** What nearly every time is: of the form, since 1970, and on a day that every month has, which leaves nothing to look up. */
const PLAIN_TIME =
  /^(?:19[7-9]\d|[2-9]\d{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z$/;
const uploadTime: is.Check = (value, where) => {
  if (typeof value === 'string' && PLAIN_TIME.test(value)) return undefined;
  return uploadTimeForm(value, where) ?? is.expires(`${(value as string).slice(0, 19)}Z`, where);
};
const signature: is.Check = (value, where) => {
  if (typeof value !== 'string') return { code: 'field-type', detail: `${where} must be a string` };
  if (value !== '' && value.length <= 2 * MAX_SIGNATURE_BYTES && isHex(value)) return undefined;
  return { code: 'field-range', detail: `${where} must be a signature in lower-case hex` };
};
const targetName = {
  project: is.optional(is.projectName),
  filename: is.optional(is.filename),
  path: is.optional(is.path),
};

const FIELDS: Readonly<Record<EventType, is.Fields>> = {
  'ledger.opened': {
    origin: is.matching(
      /^(?=.{1,128}$)[A-Za-z0-9._~-]+(\/[A-Za-z0-9._~-]+)*$/,
      'a name such as index.example.org/simple, without a scheme',
    ),
    pathRule: is.oneOf('project-file', 'free'),
    bins: is.object({ scheme: is.oneOf('succinct', 'path_hash_prefixes'), count: binCount }),
    administrators: keySetObject,
    roles: is.object(Object.fromEntries(KEYED_ROLES.map(role => [role, keySetObject]))),
    policy,
  },
  'publisher.enrolled': {
    key: is.key,
    permissions: is.object({
      index: is.optional(is.list(pattern, 1, MAX_KEYS)),
      delegate: is.optional(granted),
      cut: is.optional(granted),
    }),
  },
  'publisher.revoked': { keyid: is.hash(32) },
  'file.uploaded': {
    ...targetName,
    length: is.integer(0, MAX_SAFE, 'length-range'),
    hashes,
    release: is.optional(is.text(1, 128)),
    uploadTime: is.optional(uploadTime),
    requiresPython: is.optional(is.text(1, 256)),
    coreMetadata: is.optional(coreMetadata),
  },
  'file.yanked': { ...targetName, reason: is.optional(is.text(1, MAX_REASON_BYTES)) },
  'file.unyanked': targetName,
  'file.removed': targetName,
  'project.removed': { project: is.projectName },
  'path.released': { path: is.path },
  'role.delegated': {
    delegator: roleName,
    name: roleName,
    ...keySet,
    paths: is.list(is.text(1, 512), 1, 64),
    terminating: is.flag,
    before: is.optional(roleName),
  },
  'role.undelegated': { delegator: roleName, name: roleName },
  'key.rotated': { role: roleNameOrGroup(), ...keySet },
  'key.revoked': { role: roleNameOrGroup(), keyid: is.hash(32) },
  'policy.changed': { policy },
  'clock.set': { at: is.integer(0, MAX_SAFE) },
  'rules.activated': { version: is.integer(1, MAX_SAFE) },
  'draft.proposed': {
    role: roleName,
    version: is.integer(1, MAX_SAFE),
    expires: is.expires,
    sha256: is.hash(32),
  },
  cut: { state: is.integer(1, MAX_SAFE), at: is.integer(0, MAX_SAFE) },
  signed: {
    signatures: is.list(
      is.object({
        role: roleName,
        version: is.integer(1, MAX_SAFE),
        sha256: is.hash(32),
        keyid: is.hash(32),
        sig: signature,
      }),
      1,
      MAX_SIGNED_ENTRIES,
    ),
  },
};

// `hashBins` and `administrators` are sets of keys that no file is named after.
function roleNameOrGroup(): is.Check {
  return (value, where) => (value === 'hashBins' ? undefined : roleName(value, where));
}

// The events whose keys and threshold are fields of their own.
const KEYED_EVENTS: ReadonlySet<string> = new Set<EventType>(['role.delegated', 'key.rotated']);

function eventCheck(type: string, fields: is.Fields): is.Check {
  const check = is.object(fields, ['type']);
  if (!KEYED_EVENTS.has(type)) return check;
  return (value, where) => check(value, where) ?? keySetFault(value as unknown as KeySet, '');
}

const CHECKS = new Map(Object.entries(FIELDS).map(([type, fields]) => [type, eventCheck(type, fields)]));

/** A raw event as its type in the union, or why it is none. */
export function decodeEvent(raw: RawEvent): LedgerEvent | { readonly rejection: Rejection } {
  const check = CHECKS.get(raw.type);
  if (!check) {
    return { rejection: { code: 'event-unknown', detail: `"${raw.type}" is no event of rules 1` } };
  }
  const rejection = check(raw, '');
  return rejection ? { rejection } : (raw as unknown as LedgerEvent);
}
