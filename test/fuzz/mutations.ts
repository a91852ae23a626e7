// Ways to spoil bytes and JSON, by a seed. What comes out is mostly wrong, sometimes still right, and now and then wrong in a way
// that nobody thought of.

import type { Json, JsonObject } from '#tuf';
import type { Random } from '../fixtures/random.js';

/** Bytes that mean something to a parser of JSON, UTF-8 or base64. */
const TELLING_BYTES = [
  0x00, 0x0a, 0x22, 0x2c, 0x3a, 0x3d, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x80, 0xc0, 0xe2, 0xed, 0xf4, 0xff,
];
const ODD_VALUES: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  Number.MAX_SAFE_INTEGER,
  -Number.MAX_SAFE_INTEGER,
  '',
  'x'.repeat(600),
  '\u0000',
  '\u007f\u0080',
  'e\u0301',
  '\u{10ffff}',
  '\u0378',
  '../..',
  '__proto__',
  'constructor',
  'toString',
  [],
  {},
  [[[[[[]]]]]],
  { __proto__key: 1 },
];
/** Longest piece that is cut out, doubled or made up, in bytes. */
const PIECE_BYTES = 40;

/** Spoils bytes in one to four places. */
export function spoiledBytes(random: Random, bytes: Uint8Array): Uint8Array {
  let spoiled = bytes;
  for (let times = 1 + random.below(4); times > 0; times--) spoiled = spoiledOnce(random, spoiled);
  return spoiled;
}

function spoiledOnce(random: Random, bytes: Uint8Array): Uint8Array {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + random.below(PIECE_BYTES));
  const [before, piece, after] = [bytes.slice(0, at), bytes.slice(at, end), bytes.slice(end)];
  const byte = random.oneIn(2) ? random.pick(TELLING_BYTES) : random.below(256);
  return random.pick([
    () => joined(before, Uint8Array.of(byte), after.slice(1)),
    () => joined(before, Uint8Array.of(byte), piece, after),
    () => joined(before, after),
    () => joined(before, piece, piece, after),
    () =>
      joined(
        before,
        Uint8Array.from({ length: random.below(PIECE_BYTES) }, () => random.below(256)),
        after,
      ),
    () => before,
    () => joined(piece, before, after),
  ])();
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Spoils an object in one to three places, at any depth. */
export function spoiledObject(random: Random, object: JsonObject): JsonObject {
  let spoiled: Json = object;
  for (let times = 1 + random.below(3); times > 0; times--) spoiled = spoiledJson(random, spoiled);
  return typeof spoiled === 'object' && spoiled !== null && !Array.isArray(spoiled)
    ? (spoiled as JsonObject)
    : object;
}

function spoiledJson(random: Random, value: Json): Json {
  const deeper = typeof value === 'object' && value !== null && !random.oneIn(4);
  if (!deeper) return oddOf(random, value);
  if (Array.isArray(value)) return spoiledArray(random, value);
  return spoiledFields(random, Object.entries(value as JsonObject));
}

function oddOf(random: Random, value: Json): Json {
  if (typeof value === 'string' && random.oneIn(2))
    return value + random.pick(['\n', ' ', '/', '\u0301', 'A', '\ud83d\ude00', '0']);
  if (typeof value === 'number' && random.oneIn(2))
    return Math.trunc(value) + random.pick([-1, 1, 2 ** 31, -(2 ** 32)]);
  return random.pick(ODD_VALUES);
}

function spoiledArray(random: Random, values: readonly Json[]): Json {
  const at = random.below(values.length + 1);
  const item = values[at];
  return random.pick([
    () => values.filter((_, i) => i !== at),
    () => [...values, ...values],
    () => [...values, random.pick(ODD_VALUES)],
    () => values.map((value, i) => (i === at && item !== undefined ? spoiledJson(random, value) : value)),
  ])();
}

function spoiledFields(random: Random, fields: readonly [string, Json][]): Json {
  const at = random.below(fields.length + 1);
  const changed: readonly [string, Json][] = random.pick([
    () => fields.filter((_, i) => i !== at),
    () =>
      [
        ...fields,
        [random.pick(['', 'note', 'path', 'keyid', '__proto__', '\u0000', 'é']), random.pick(ODD_VALUES)],
      ] as const,
    () => fields.map(([name, value], i) => [name, i === at ? spoiledJson(random, value) : value] as const),
    () => fields.map(([name, value], i) => [i === at ? `${name}x` : name, value] as const),
  ])() as readonly [string, Json][];
  // Not by assignment, which would take __proto__ for what it is not here.
  return Object.fromEntries(changed);
}
