import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalize,
  escapeControls,
  type Json,
  type JsonObject,
  MAX_NESTING,
  parseCanonical,
  portableCrypto,
  toHex,
  utf8,
} from '../src/index.js';
import { readVectors } from './vectors.js';

interface CanonicalVector {
  name: string;
  input_json: string;
  canonical_hex: string;
  sha256: string;
}

const vectors = readVectors<{ canonical_json: CanonicalVector[] }>('tuf.json').canonical_json;
const beyondSafeIntegers = ['large_int_beyond_2_53', 'int_beyond_int64'];

const name = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'toJSON', 'length', '10', '9', '1e3', '-1', ''),
);
const json = fc.letrec<{ value: Json }>(tie => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false),
    fc.maxSafeInteger().map(value => value + 0),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 6 }).map(ownProperties),
  ),
})).value;

/** An object whose every entry is an own property, `__proto__` too. */
function ownProperties(entries: [string, Json][]): JsonObject {
  const object: JsonObject = {};
  for (const [key, value] of entries)
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  return object;
}

/** Canonical JSON written the naive way, as a second opinion. */
function naive(value: Json): string {
  if (typeof value === 'string') return `"${value.replace(/["\\]/g, '\\$&')}"`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(naive).join(',')}]`;
  const entries = Object.entries(value).map(([key, member]): [string, Json] => [key, member]);
  entries.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${entries.map(([key, member]) => `${naive(key)}:${naive(member)}`).join(',')}}`;
}

function nested(depth: number): Json {
  let value: Json = 1;
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { a: value };
  return value;
}

describe('vectors', () => {
  it.each(vectors.filter(vector => !beyondSafeIntegers.includes(vector.name)))('$name', vector => {
    const canonical = canonicalize(JSON.parse(vector.input_json) as Json);
    expect(toHex(utf8(canonical))).toBe(vector.canonical_hex);
    expect(toHex(portableCrypto.sha256(utf8(canonical)))).toBe(vector.sha256);
    expect(parseCanonical(canonical)).toEqual(JSON.parse(vector.input_json));
  });

  it.each(vectors.filter(vector => beyondSafeIntegers.includes(vector.name)))(
    'refused here: $name',
    vector => {
      const text = Buffer.from(vector.canonical_hex, 'hex').toString();
      expect(() => parseCanonical(text)).toThrow(expect.objectContaining({ code: 'unsafe-integer' }));
    },
  );
});

describe('canonicalize', () => {
  it('is what the naive way writes, and is read back', () => {
    fc.assert(
      fc.property(json, value => {
        const text = canonicalize(value);
        expect(text).toBe(naive(value));
        expect(canonicalize(parseCanonical(text))).toBe(text);
        expect(canonicalize(JSON.parse(escapeControls(text)) as Json)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['a fraction', 0.1, 'not-a-number'],
    ['a fraction inside', [{ a: [1, 2.5] }], 'not-a-number'],
    ['NaN', Number.NaN, 'not-a-number'],
    ['infinity', Number.POSITIVE_INFINITY, 'not-a-number'],
    ['minus zero', -0, 'not-a-number'],
    ['2^53', 2 ** 53, 'unsafe-integer'],
    ['-2^53', -(2 ** 53), 'unsafe-integer'],
    ['1e21', 1e21, 'unsafe-integer'],
    ['undefined', { a: undefined }, 'not-json'],
    ['a hole', new Array(1), 'not-json'],
    ['a bigint', 1n, 'not-json'],
    ['bytes', new Uint8Array(1), 'not-json'],
    ['a date', new Date(0), 'not-json'],
    ['a map', new Map(), 'not-json'],
    ['a function', { toJSON: () => 1 }, 'not-json'],
    ['a lone surrogate', 'a\ud800', 'lone-surrogate'],
    ['a lone surrogate in a key', { b: 1, '\udc00': 1, a: 1 }, 'lone-surrogate'],
    ['33 levels', nested(MAX_NESTING + 1), 'too-deep'],
  ])('refuses %s', (_, value, code) => {
    expect(() => canonicalize(value as Json)).toThrow(expect.objectContaining({ code }));
  });

  it('takes integers up to 2^53-1 and 32 levels', () => {
    expect(canonicalize([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])).toBe(
      '[9007199254740991,-9007199254740991]',
    );
    expect(parseCanonical(canonicalize(nested(MAX_NESTING)))).toEqual(nested(MAX_NESTING));
  });

  it('does not touch its input', () => {
    const value = Object.freeze({ b: Object.freeze([2, 1]), a: 1 });
    expect(canonicalize(value)).toBe('{"a":1,"b":[2,1]}');
    expect(Object.keys(value)).toEqual(['b', 'a']);
  });
});

describe('parseCanonical', () => {
  it.each([
    ['white space', '{"a": 1}'],
    ['a line end', '[1]\n'],
    ['keys out of order', '{"b":1,"a":2}'],
    ['integer-like keys by number', '{"9":1,"10":2}'],
    ['keys by UTF-16 unit', '{"\u{1f600}":1,"\uff5e":2}'],
    ['a key twice', '{"a":1,"a":1}'],
    ['__proto__ twice', '{"__proto__":{},"__proto__":{}}'],
    ['1.0', '1.0'],
    ['1e2', '1e2'],
    ['-0', '-0'],
    ['0.5', '0.5'],
    ['2^53', '9007199254740992'],
    ['2^53+1', '9007199254740993'],
    ['1e400', '1e400'],
    ['an escaped line end', '"\\n"'],
    ['an escaped line end beside a raw one', '["\n","\\n"]'],
    ['an escaped letter', '"\\u0061"'],
    ['an escaped slash', '"\\/"'],
    ['an escaped surrogate', '"\\ud83d\\ude00"'],
    ['half an escaped surrogate', '"\\ud83d"'],
    ['a lone surrogate', '"\ud83d"'],
    ['a byte order mark', '\ufeff1'],
    ['two values', '1 2'],
    ['nothing', ''],
    ['NaN', 'NaN'],
    ['a comment', '1//'],
    ['an open string', '"'],
    ['33 levels', `${'['.repeat(33)}${']'.repeat(33)}`],
    ['100,000 levels', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['100,000 open levels', '{"a":'.repeat(100_000)],
  ])('refuses %s', (_, text) => {
    expect(() => parseCanonical(text)).toThrow(expect.objectContaining({ name: 'TufError' }));
  });

  it('reads integer-like keys in the order of their code points', () => {
    expect(parseCanonical('{"10":2,"9":1}')).toEqual({ 9: 1, 10: 2 });
  });

  it('makes own properties of the names that objects inherit', () => {
    const value = parseCanonical('{"__proto__":{"a":1},"constructor":2}') as JsonObject;
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it('takes a text if and only if it is the canonical one of its value', () => {
    const unit = fc.constantFrom(...'{}[]",:\\0123-.eabntu ', '\n', '\u{1f600}', '"a":', '[1', '1]');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), text => {
        const value = accepted(text);
        if (value !== undefined) expect(naive(value)).toBe(text);
      }),
      { numRuns: 5000 },
    );
  });

  it('takes what differs in one place if and only if it is canonical too', () => {
    const odd = fc.constantFrom(' ', '\n', '\0', '\\n', '\\u0061', '"', ',', '0', '.0', 'e0', '-', 'null');
    fc.assert(
      fc.property(json, fc.nat(), odd, fc.boolean(), (value, place, inserted, replaces) => {
        const text = canonicalize(value);
        const at = place % (text.length + 1);
        const changed = text.slice(0, at) + inserted + text.slice(replaces ? at + 1 : at);
        const read = accepted(changed);
        expect(read === undefined ? undefined : naive(read)).toBe(plainly(changed));
      }),
      { numRuns: 3000 },
    );
  });

  it('says where a text leaves its canonical form', () => {
    expect(() => parseCanonical('{"a":1,"c":2,"b":3}')).toThrow(/at 8: /);
  });
});

function accepted(text: string): Json | undefined {
  try {
    return parseCanonical(text);
  } catch {
    return undefined;
  }
}

/** A text that is canonical by the definition, word for word; undefined where it is not. */
function plainly(text: string): string | undefined {
  try {
    const value = JSON.parse(escapeControls(text)) as Json;
    return canonicalize(value) === text ? text : undefined;
  } catch {
    return undefined;
  }
}

describe('escapeControls', () => {
  it('writes the escapes that a stock printer writes', () => {
    const controls = String.fromCharCode(...Array.from({ length: 0x20 }, (_, code) => code), 0x7f);
    expect(escapeControls(`"${controls}"`)).toBe(JSON.stringify(controls));
    expect(escapeControls('"\n\u0001"')).toBe('"\\n\\u0001"');
  });

  it('leaves the rest alone', () => {
    expect(escapeControls('{"a\\\\n":"\\"\u2028\u007f"}')).toBe('{"a\\\\n":"\\"\u2028\u007f"}');
  });
});
