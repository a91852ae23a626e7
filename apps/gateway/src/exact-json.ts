// JSON in which every number is the integer that the client wrote. A stock parser rounds: 9007199254740993 becomes
// 9007199254740992, and 1.0 becomes 1, without a word. So the number tokens of the text are looked at too. Those that are no plain
// safe integers (a fraction, an exponent, minus zero, beyond 2^53-1) become Infinity, which no event's field can be.

import { fromUtf8, type Json } from '#tuf';
import { Problem } from './problem.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const NUMBER = /-?[0-9][0-9.eE+-]*/y;
const PLAIN_INTEGER = /^(?:0|-?[1-9][0-9]*)$/;
/** Parses to Infinity. */
const UNSAFE = '1e999';

/** A parsed value, and the first number of the text that stands in it as Infinity, if there is one. */
export interface ExactJson {
  readonly json: Json;
  readonly unsafeNumber?: string;
}

/** @throws Problem `json-malformed` where the bytes are not UTF-8 or not JSON. */
export function parseExactJson(bytes: Uint8Array): ExactJson {
  const text = textOf(bytes);
  const json = parse(text);
  const unsafe = unsafeNumbers(text);
  if (unsafe.length === 0) return { json };
  return { json: parse(withoutUnsafe(text, unsafe)), unsafeNumber: unsafe[0]!.token };
}

function textOf(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    throw new Problem('json-malformed', 'The body is not well-formed UTF-8; send JSON in UTF-8.');
  }
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new Problem('json-malformed', `The body is not JSON: ${(error as Error).message}.`);
  }
}

interface NumberToken {
  readonly at: number;
  readonly token: string;
}

/** The number tokens of a text that is JSON, as far as they are no plain safe integers. */
function unsafeNumbers(text: string): NumberToken[] {
  const found: NumberToken[] = [];
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === MINUS || (code >= DIGIT_0 && code <= DIGIT_9)) {
      NUMBER.lastIndex = at;
      const token = NUMBER.exec(text)![0];
      if (!PLAIN_INTEGER.test(token) || !Number.isSafeInteger(Number(token))) found.push({ at, token });
      at += token.length;
    } else {
      at++;
    }
  }
  return found;
}

/** Where the string that begins at `start` is over. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at + 1;
  }
}

function withoutUnsafe(text: string, unsafe: readonly NumberToken[]): string {
  const parts: string[] = [];
  let end = 0;
  for (const { at, token } of unsafe) {
    parts.push(text.slice(end, at), UNSAFE);
    end = at + token.length;
  }
  return parts.join('') + text.slice(end);
}
