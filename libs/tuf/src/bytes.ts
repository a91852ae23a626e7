// Bytes and their texts. Each text form has exactly one spelling per byte string: hex is lower-case, base64 is padded
// (RFC 4648, section 4) with zero spare bits, UTF-8 is well-formed. So a text that was accepted can be compared,
// hashed and signed as it stands.

import { TufError } from './errors.js';

/** In the value tables: this code is no digit. As a code it is none either, in both alphabets. */
const NO_DIGIT = 255;

const HEX_CODES = codesOf('0123456789abcdef');
const HEX_VALUES = valuesOf(HEX_CODES);
const BASE64_CODES = codesOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const BASE64_VALUES = valuesOf(BASE64_CODES);
const PAD = 0x3d; // =
const ZERO_BITS = 0x41; // A, whose value is 0

/** From here on the runtime's encoder is faster than a loop over the text. Measured with Node 20. */
const LONG_TEXT_UNITS = 256;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const asciiDecoder = new TextDecoder('utf-8');

/** ES2024. */
type WellFormed = string & { isWellFormed(): boolean };

/** Lower-case hex of `bytes`. */
export function toHex(bytes: Uint8Array): string {
  const codes = new Uint8Array(bytes.length * 2);
  for (let i = 0; i < bytes.length; i++) {
    codes[2 * i] = HEX_CODES[bytes[i]! >> 4]!;
    codes[2 * i + 1] = HEX_CODES[bytes[i]! & 15]!;
  }
  return asciiDecoder.decode(codes);
}

/** Bytes of lower-case hex. Throws `hex-malformed`. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0)
    throw new TufError('hex-malformed', `hex of odd length ${text.length}: add the missing digit`);
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = hexValue(text, 2 * i);
    const low = hexValue(text, 2 * i + 1);
    if ((high | low) > 15)
      throw new TufError('hex-malformed', `the hex digits at ${2 * i} are not in 0-9a-f: use lower-case hex`);
    bytes[i] = (high << 4) | low;
  }
  return bytes;
}

/** Whether `text` is lower-case hex, of `byteLength` bytes where that is given. */
export function isHex(text: string, byteLength?: number): boolean {
  if (text.length % 2 !== 0 || (byteLength !== undefined && text.length !== 2 * byteLength)) return false;
  return !/[^0-9a-f]/.test(text);
}

/** Padded base64 of `bytes` (RFC 4648, section 4). */
export function toBase64(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  const whole = bytes.length - (bytes.length % 3);
  let out = 0;
  for (let i = 0; i < whole; i += 3) {
    const group = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!;
    codes[out++] = BASE64_CODES[group >> 18]!;
    codes[out++] = BASE64_CODES[(group >> 12) & 63]!;
    codes[out++] = BASE64_CODES[(group >> 6) & 63]!;
    codes[out++] = BASE64_CODES[group & 63]!;
  }
  if (whole < bytes.length) {
    const group = (bytes[whole]! << 16) | ((bytes[whole + 1] ?? 0) << 8);
    codes[out++] = BASE64_CODES[group >> 18]!;
    codes[out++] = BASE64_CODES[(group >> 12) & 63]!;
    codes[out++] = bytes.length - whole === 2 ? BASE64_CODES[(group >> 6) & 63]! : PAD;
    codes[out] = PAD;
  }
  return asciiDecoder.decode(codes);
}

/** Bytes of padded base64. Text that would not re-encode to itself throws `base64-malformed`. */
export function fromBase64(text: string): Uint8Array {
  return fromBase64Codes(digitCodes(text));
}

/** Bytes of padded base64 that is there as ASCII codes. Throws as fromBase64. */
export function fromBase64Codes(codes: Uint8Array): Uint8Array {
  const { length } = codes;
  if (length % 4 !== 0) throw malformedBase64(`length ${length} is not a multiple of 4`);
  const pads = length === 0 || codes[length - 1] !== PAD ? 0 : codes[length - 2] !== PAD ? 1 : 2;
  const bytes = new Uint8Array((length / 4) * 3);
  const padded = pads > 0 ? length - 4 : length;
  for (let i = 0, out = 0; i < padded; i += 4, out += 3) {
    const group = groupOf(codes[i]!, codes[i + 1]!, codes[i + 2]!, codes[i + 3]!, i);
    bytes[out] = group >> 16;
    bytes[out + 1] = group >> 8;
    bytes[out + 2] = group;
  }
  if (pads === 0) return bytes;
  const third = pads === 2 ? ZERO_BITS : codes[padded + 2]!;
  const group = groupOf(codes[padded]!, codes[padded + 1]!, third, ZERO_BITS, padded);
  if ((group & (pads === 2 ? 0xffff : 0xff)) !== 0)
    throw malformedBase64('the spare bits of its last digit are not zero');
  bytes[bytes.length - 3] = group >> 16;
  bytes[bytes.length - 2] = group >> 8;
  return bytes.subarray(0, bytes.length - pads);
}

/** The 24 bits of four digits. */
function groupOf(a: number, b: number, c: number, d: number, at: number): number {
  const first = BASE64_VALUES[a]!;
  const second = BASE64_VALUES[b]!;
  const third = BASE64_VALUES[c]!;
  const fourth = BASE64_VALUES[d]!;
  if ((first | second | third | fourth) > 63)
    throw malformedBase64(`a character from ${at} to ${at + 3} is no digit of it`);
  return (first << 18) | (second << 12) | (third << 6) | fourth;
}

/** UTF-8 of `text`. A lone surrogate throws `lone-surrogate`; it would silently become U+FFFD. */
export function utf8(text: string): Uint8Array {
  assertWellFormed(text);
  return encoder.encode(text);
}

/** Throws `lone-surrogate` where `text` holds half a surrogate pair. */
export function assertWellFormed(text: string): void {
  if (hasLoneSurrogate(text))
    throw new TufError('lone-surrogate', 'text holds half a surrogate pair: it has no UTF-8 form');
}

/** Text of well-formed UTF-8, a leading byte order mark kept. Throws `utf8-malformed`. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new TufError('utf8-malformed', `${bytes.length} bytes are not well-formed UTF-8`);
  }
}

/** Whether `text` holds half a surrogate pair, so that it is no Unicode text. */
export function hasLoneSurrogate(text: string): boolean {
  return !(text as WellFormed).isWellFormed();
}

/** One array of all `parts`, in order. */
export function concatBytes(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Whether both hold the same bytes. Takes variable time: for public values only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * Order of well-formed texts by code point, which is the order of their UTF-8 bytes: negative, zero or positive.
 * It differs from JavaScript's `<`, which puts U+10000 and above (surrogates) before U+E000 to U+FFFF.
 */
export function compareCodePoints(a: string, b: string): number {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) {
    const unitA = a.charCodeAt(i);
    const unitB = b.charCodeAt(i);
    if (unitA !== unitB)
      return unitA >= 0xd800 && unitB >= 0xd800 ? rank(unitA) - rank(unitB) : unitA - unitB;
  }
  return a.length - b.length;
}

/** Sorts well-formed texts by code point, in place. */
export function sortCodePoints(texts: string[]): string[] {
  // The runtime's own order, by UTF-16 unit, is another only where a surrogate meets a unit above the surrogates.
  return texts.some(text => /[\ud800-\udfff]/.test(text)) ? texts.sort(compareCodePoints) : texts.sort();
}

/** Moves the surrogates above U+FFFF, where the code points that they spell are. */
function rank(unit: number): number {
  return unit < 0xe000 ? unit + 0x10000 : unit;
}

function codesOf(digits: string): Uint8Array {
  return Uint8Array.from(digits, digit => digit.charCodeAt(0));
}

function valuesOf(codes: Uint8Array): Uint8Array {
  const values = new Uint8Array(256).fill(NO_DIGIT);
  codes.forEach((code, value) => {
    values[code] = value;
  });
  return values;
}

function hexValue(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code > 255 ? NO_DIGIT : HEX_VALUES[code]!;
}

/** One code for each UTF-16 unit of `text`; a unit that can't be a digit gets one that is none. */
function digitCodes(text: string): Uint8Array {
  if (text.length > LONG_TEXT_UNITS) {
    const codes = encoder.encode(text);
    if (codes.length === text.length) return codes;
  }
  const codes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    codes[i] = code > 255 ? NO_DIGIT : code;
  }
  return codes;
}

function malformedBase64(what: string): TufError {
  return new TufError('base64-malformed', `base64 is malformed: ${what}; use the padded standard alphabet`);
}

/** How many bytes of UTF-8 a text has. */
export function utf8Length(text: string): number {
  return /^[\0-\x7f]*$/.test(text) ? text.length : utf8(text).length;
}
