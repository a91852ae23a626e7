// The shapes of fields. A check looks at one JSON value and says what is wrong with it, or nothing. Checks run in the order
// in which an event's table names its fields, so that every reader rejects a bad event with the same code.

import {
  canonicalize,
  hasLoneSurrogate,
  isHex,
  isJsonObject,
  isStableText,
  type Json,
  type JsonObject,
  parseExpires,
  parseKey,
  utf8Length,
} from '#tuf';
import { isProjectName, pathFault } from './path.js';
import type { Rejection, RejectionCode } from './rejection.js';

/** Says what is wrong with a value at `where` (`hashes.sha256`), or undefined where it is right. */
export type Check = (value: Json, where: string) => Rejection | undefined;

/** A field that may be absent. */
interface Optional {
  readonly optional: Check;
}

/** The fields of an object, in the order in which they are checked. */
export type Fields = Readonly<Record<string, Check | Optional>>;

export function optional(check: Check): Optional {
  return { optional: check };
}

function reject(code: RejectionCode, detail: string): Rejection {
  return { code, detail };
}

/** An object with these fields and no others; `also` fields were checked elsewhere. */
export function object(fields: Fields, also: readonly string[] = []): Check {
  const known = new Map<string, Check>(also.map(name => [name, () => undefined]));
  for (const [name, field] of Object.entries(fields)) known.set(name, checkOf(field));
  const required = Object.keys(fields).filter(name => isRequired(fields[name]!));
  return (value, where) => {
    if (!isJsonObject(value)) return reject('field-type', `${where} must be an object`);
    // With nearly every object nothing is wrong, and then the order of checks shows nowhere: fields are taken as they stand.
    const right = allPass(value, known) && required.every(name => Object.hasOwn(value, name));
    return right ? undefined : firstFault(value, where, fields, known);
  };
}

function isRequired(field: Check | Optional): field is Check {
  return typeof field === 'function';
}

function checkOf(field: Check | Optional): Check {
  return isRequired(field) ? field : field.optional;
}

function allPass(value: JsonObject, known: ReadonlyMap<string, Check>): boolean {
  for (const name of Object.keys(value)) {
    const check = known.get(name);
    if (!check || check(value[name]!, name)) return false;
  }
  return true;
}

function firstFault(
  value: JsonObject,
  where: string,
  fields: Fields,
  known: ReadonlyMap<string, Check>,
): Rejection | undefined {
  const unknown = Object.keys(value).find(name => !known.has(name));
  if (unknown !== undefined)
    return reject('field-unknown', `${join(where, unknown)} is not a field of this event`);
  for (const [name, field] of Object.entries(fields)) {
    const present = Object.hasOwn(value, name);
    if (!present && isRequired(field)) return reject('field-missing', `${join(where, name)} is missing`);
    const fault = present ? checkOf(field)(value[name]!, join(where, name)) : undefined;
    if (fault) return fault;
  }
  return undefined;
}

function join(where: string, name: string): string {
  return where === '' ? name : `${where}.${name}`;
}

const PRINTABLE_ASCII = /^[ -~]*$/;

/** Text of `min` to `max` bytes of UTF-8 that may be signed: NFC, assigned characters, none of them a control character. */
export function text(min: number, max: number): Check {
  return (value, where) => {
    if (typeof value !== 'string') return reject('field-type', `${where} must be a string`);
    // A unit of printable ASCII is one byte, and nothing but the length can be wrong with it.
    if (value.length >= min && value.length <= max && PRINTABLE_ASCII.test(value)) return undefined;
    if (hasLoneSurrogate(value))
      return reject('text-unstable', `${where} must not have half a surrogate pair`);
    const bytes = utf8Length(value);
    if (bytes < min || bytes > max)
      return reject('field-range', `${where} must have ${min} to ${max} bytes of UTF-8`);
    if (/[\u0000-\u001f\u007f-\u009f]/.test(value)) {
      return reject('text-unstable', `${where} must not have control characters`);
    }
    return isStableText(value)
      ? undefined
      : reject('text-unstable', `${where} must be NFC text of assigned characters`);
  };
}

/** Text of a form; `form` is said in words where it does not match. */
export function matching(pattern: RegExp, form: string): Check {
  return (value, where) => {
    if (typeof value !== 'string') return reject('field-type', `${where} must be a string`);
    return pattern.test(value) ? undefined : reject('field-range', `${where} must be ${form}`);
  };
}

/** An integer from `min` to `max`. */
export function integer(min: number, max: number, code: RejectionCode = 'field-range'): Check {
  return (value, where) => {
    if (!Number.isSafeInteger(value)) return reject('field-type', `${where} must be an integer`);
    return (value as number) >= min && (value as number) <= max
      ? undefined
      : reject(code, `${where} must be ${min} to ${max}`);
  };
}

export const flag: Check = (value, where) =>
  typeof value === 'boolean' ? undefined : reject('field-type', `${where} must be true or false`);

export function oneOf(...allowed: readonly string[]): Check {
  return (value, where) => {
    if (typeof value !== 'string') return reject('field-type', `${where} must be a string`);
    return allowed.includes(value)
      ? undefined
      : reject('field-range', `${where} must be one of ${allowed.join(', ')}`);
  };
}

/** A list of `min` to `max` items, each of one shape. */
export function list(item: Check, min: number, max: number): Check {
  return (value, where) => {
    if (!Array.isArray(value)) return reject('field-type', `${where} must be a list`);
    if (value.length < min || value.length > max)
      return reject('field-range', `${where} must have ${min} to ${max} items`);
    for (let i = 0; i < value.length; i++) {
      const fault = item(value[i]!, `${where}[${i}]`);
      if (fault) return fault;
    }
    return undefined;
  };
}

/** Lower-case hex of so many bytes. */
export function hash(bytes: number): Check {
  return (value, where) => {
    if (typeof value !== 'string') return reject('field-type', `${where} must be a string`);
    return isHex(value, bytes)
      ? undefined
      : reject('hash-malformed', `${where} must be ${bytes * 2} lower-case hex digits`);
  };
}

/** The text of a TUF `expires` field. */
export const expires: Check = (value, where) => {
  if (typeof value !== 'string') return reject('field-type', `${where} must be a string`);
  return parseExpires(value) === undefined
    ? reject('field-range', `${where} must be a time of the form YYYY-MM-DDTHH:MM:SSZ`)
    : undefined;
};

export const path: Check = (value, where) => {
  if (typeof value !== 'string') return reject('field-type', `${where} must be a string`);
  const fault = pathFault(value);
  return fault && reject(fault.code, `${where}: ${fault.detail}`);
};

/** The last segment of a path. */
export const filename: Check = (value, where) => {
  const fault = path(value, where);
  if (fault) return fault;
  return (value as string).includes('/') ? reject('path-character', `${where} must not have "/"`) : undefined;
};

const projectText = text(1, 128);

export const projectName: Check = (value, where) => {
  const fault = projectText(value, where);
  if (fault) return fault;
  return isProjectName(value as string)
    ? undefined
    : reject('project-name', `${where} must be in the normal form of PEP 503: lower case, single hyphens`);
};

/** A public key that this ledger can verify with (see key.ts of the lib tuf). All of it gets signed, what stands beside it too. */
export const key: Check = (value, where) => {
  try {
    const text = canonicalize(parseKey(value));
    return isStableText(text)
      ? undefined
      : reject('text-unstable', `${where} must be NFC text of assigned characters`);
  } catch (error) {
    return reject('key-invalid', `${where}: ${(error as Error).message}`);
  }
};
