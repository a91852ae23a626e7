// The shapes of fields. A check looks at one JSON value and says what is wrong with it, or nothing. Checks run in the order
// in which an event's table names its fields, so that every reader rejects a bad event with the same code.

import {
  canonicalize,
  hasLoneSurrogate,
  isHex,
  isJsonObject,
  isStableText,
  type Json,
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
  const known = new Set([...Object.keys(fields), ...also]);
  const checks = Object.entries(fields);
  return (value, where) => {
    if (!isJsonObject(value)) return reject('field-type', `${where} must be an object`);
    for (const name of Object.keys(value)) {
      if (!known.has(name))
        return reject('field-unknown', `${join(where, name)} is not a field of this event`);
    }
    for (const [name, field] of checks) {
      const check = typeof field === 'function' ? field : field.optional;
      const present = Object.hasOwn(value, name);
      if (!present && typeof field === 'function')
        return reject('field-missing', `${join(where, name)} is missing`);
      const fault = present ? check(value[name]!, join(where, name)) : undefined;
      if (fault) return fault;
    }
    return undefined;
  };
}

function join(where: string, name: string): string {
  return where === '' ? name : `${where}.${name}`;
}

/** Text of `min` to `max` bytes of UTF-8 that may be signed: NFC, assigned characters, none of them a control character. */
export function text(min: number, max: number): Check {
  return (value, where) => {
    if (typeof value !== 'string') return reject('field-type', `${where} must be a string`);
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

export const projectName: Check = (value, where) => {
  const fault = text(1, 128)(value, where);
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
