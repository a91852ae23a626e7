// Canonical JSON: the one text of a value that gets hashed and signed (TUF 4.1, OLPC canonical JSON).
//
//   no white space; object keys in the order of their code points; in strings only `"` and `\` are escaped, all else
//   stands raw, control characters too; numbers are integers from -(2^53-1) to 2^53-1, in decimal, without leading
//   zeros, fraction or exponent. There is no minus zero: it is refused, since it only comes from arithmetic that was
//   not on integers. At most MAX_NESTING arrays and objects lie inside one another.
//
// Canonical text is not always JSON: a raw control character is an error to a stock parser. `escapeControls` makes
// JSON of it; `JSON.stringify` escapes the very same characters in the very same way, so the step back is exact too.
// Both directions therefore lean on the runtime's own parser and printer, and only walk the value to check it.

import { compareCodePoints } from './bytes.js';
import { TufError } from './errors.js';

/** A JSON value. Numbers are safe integers wherever it meets canonical text. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { [name: string]: Json };

/** How many arrays and objects may lie inside one another; `[]` is one. */
export const MAX_NESTING = 32;

/** How much of an offending value an error message shows, in UTF-16 units. */
const SHOWN_UNITS = 80;

/**
 * The canonical text of `value`.
 * Throws `not-json` (a value with no JSON form), `too-deep`, `unsafe-integer`, `not-a-number` (a fraction, NaN, an
 * infinity or minus zero) or `lone-surrogate`.
 */
export function canonicalize(value: Json): string {
  const json = isInOrder(value, 1) ? JSON.stringify(value) : orderedJson(value);
  return json.includes('\\') ? unescapeControls(json) : json;
}

/** What canonical text writes as it stands: ASCII but for quotes, backslashes and control characters. */
const UNESCAPED = /^[ !#-[\]-~]*$/;

/** The canonical text of a string, as `canonicalize` gives it. */
export function quoted(text: string): string {
  return UNESCAPED.test(text) ? `"${text}"` : canonicalize(text);
}

/**
 * The value of canonical text; any other text of the same value is refused. An object's keys are its own properties,
 * `__proto__` among them.
 * Throws what `canonicalize` throws, `not-json`, or `not-canonical` (white space, key order, duplicate keys, escapes,
 * number forms).
 */
export function parseCanonical(text: string): Json {
  return parsePlain(text) ?? parseEscaped(text);
}

/**
 * The value of canonical text that is JSON as it stands, which saves the search for control characters: a parser takes
 * none inside strings, and canonical text holds none outside them. Undefined for any other text, and for `null`.
 */
function parsePlain(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return canonicalize(value) === text ? (value ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

function parseEscaped(text: string): Json {
  const value = parseJson(escapeControls(text));
  const canonical = canonicalize(value);
  if (canonical !== text) throw notCanonical(text, canonical);
  return value;
}

/**
 * JSON that a stock parser accepts, from canonical text: every raw U+0000 to U+001F becomes its JSON escape, the short
 * form where there is one (`\b \t \n \f \r`), else lower-case `\u00xx`.
 */
export function escapeControls(canonicalText: string): string {
  if (!/[\0-\x1f]/.test(canonicalText)) return canonicalText;
  return canonicalText.replace(/[\0-\x1f]/g, control => JSON.stringify(control).slice(1, -1));
}

/** Whether `json` is an object, not an array and not null. */
export function isJsonObject(json: Json | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** Undoes `escapeControls` on what `JSON.stringify` wrote. */
function unescapeControls(json: string): string {
  return json.replace(/\\(?:u[0-9a-f]{4}|.)/g, sequence => {
    if (sequence === '\\"' || sequence === '\\\\') return sequence;
    if (sequence.startsWith('\\ud'))
      throw new TufError(
        'lone-surrogate',
        `a string holds half a surrogate pair (${sequence}): it has no UTF-8 form`,
      );
    return JSON.parse(`"${sequence}"`) as string;
  });
}

function parseJson(json: string): Json {
  try {
    return JSON.parse(json) as Json;
  } catch {
    throw new TufError('not-json', `text is not JSON: ${shown(json)}`);
  }
}

/** Refuses a value without canonical form; says whether the runtime's own key order is the canonical one throughout. */
function isInOrder(value: Json, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      checkInteger(value);
      return true;
    case 'object':
      if (value === null) return true;
      if (depth > MAX_NESTING)
        throw new TufError('too-deep', `nesting is deeper than ${MAX_NESTING}: flatten the value`);
      return isArray(value) ? areInOrder(value, depth) : isObjectInOrder(value, depth);
    default:
      throw notJson(typeof value);
  }
}

function areInOrder(values: readonly Json[], depth: number): boolean {
  let inOrder = true;
  for (let i = 0; i < values.length; i++) if (!isInOrder(values[i]!, depth + 1)) inOrder = false;
  return inOrder;
}

function isObjectInOrder(object: JsonObject, depth: number): boolean {
  // A class instance may print as something else (`toJSON`).
  const prototype = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null)
    throw notJson(prototype.constructor?.name ?? 'object');
  let inOrder = true;
  let previous: string | undefined;
  for (const name of Object.keys(object)) {
    if (previous !== undefined && inOrder && compareCodePoints(previous, name) > 0) inOrder = false;
    if (!isInOrder(object[name]!, depth + 1)) inOrder = false;
    previous = name;
  }
  return inOrder;
}

/** JSON with sorted keys. Integer-like keys need it: objects list them by number, first, whatever was inserted when. */
function orderedJson(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(orderedJson).join(',')}]`;
  const members = Object.keys(value)
    .sort(compareCodePoints)
    .map(name => `${JSON.stringify(name)}:${orderedJson(value[name]!)}`);
  return `{${members.join(',')}}`;
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function checkInteger(value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return;
  if (Number.isInteger(value) && value !== 0)
    throw new TufError('unsafe-integer', `${value} is beyond 2^53-1: write it as a string`);
  throw new TufError(
    'not-a-number',
    `${Object.is(value, -0) ? '-0' : value} is not an integer: canonical JSON has no other numbers`,
  );
}

function notJson(what: string): TufError {
  return new TufError(
    'not-json',
    `a value of type ${what} has no JSON form: leave it out or make it plain data`,
  );
}

function notCanonical(text: string, canonical: string): TufError {
  let at = 0;
  while (at < text.length && text[at] === canonical[at]) at++;
  return new TufError(
    'not-canonical',
    `text differs from its canonical form at ${at}: ${shown(text.slice(at))} instead of ${shown(canonical.slice(at))}`,
  );
}

function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN_UNITS ? `${text.slice(0, SHOWN_UNITS)}...` : text);
}
