import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareCodePoints,
  concatBytes,
  equalBytes,
  fromBase64,
  fromBase64Codes,
  fromHex,
  fromUtf8,
  isHex,
  sortCodePoints,
  toBase64,
  toHex,
  utf8,
} from '../src/index.js';

const bytes = fc.uint8Array({ maxLength: 2000, size: 'max' });
const text = fc.string({ unit: 'binary' });

describe('hex', () => {
  it('agrees with the runtime and comes back', () => {
    fc.assert(
      fc.property(bytes, value => {
        expect(toHex(value)).toBe(Buffer.from(value).toString('hex'));
        expect(fromHex(toHex(value))).toEqual(value);
        expect(isHex(toHex(value), value.length)).toBe(true);
      }),
    );
  });

  it.each(['0', 'AB', '0g', ' 00 ', '0\u0130', '\u0230\u0230', '\u{1f600}'])('refuses %j', malformed => {
    expect(() => fromHex(malformed)).toThrow(expect.objectContaining({ code: 'hex-malformed' }));
    expect(isHex(malformed)).toBe(false);
  });

  it('counts bytes', () => {
    expect(isHex('abcd', 2)).toBe(true);
    expect(isHex('abcd', 3)).toBe(false);
    expect(isHex('', 0)).toBe(true);
  });
});

describe('base64', () => {
  it('agrees with the runtime and comes back', () => {
    fc.assert(
      fc.property(bytes, value => {
        expect(toBase64(value)).toBe(Buffer.from(value).toString('base64'));
        expect(fromBase64(toBase64(value))).toEqual(value);
      }),
    );
  });

  const malformed = [
    'A',
    'AA',
    'AAA',
    'AA=A',
    'A===',
    '====',
    'AA==AAAA',
    'AAA=\n',
    'A AA',
    '_-==',
    'AB==',
    'AAB=',
  ];
  it.each([...malformed, 'AA\u0141=', '\u{1f600}=='])('refuses %j', text => {
    expect(() => fromBase64(text)).toThrow(expect.objectContaining({ code: 'base64-malformed' }));
  });

  it('refuses one wrong character in a long text', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 999 }),
        fc.constantFrom('=', '-', '\u00e9', '\u0141', '\ud800'),
        (at, wrong) => {
          const digits = 'A'.repeat(1000);
          const text = digits.slice(0, at) + wrong + digits.slice(at + 1);
          fc.pre(text !== `${'A'.repeat(999)}=`);
          expect(() => fromBase64(text)).toThrow(expect.objectContaining({ code: 'base64-malformed' }));
        },
      ),
    );
  });

  it('takes only what re-encodes equal', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'AQgw/+19='), maxLength: 12 }), candidate => {
        const isExact = Buffer.from(candidate, 'base64').toString('base64') === candidate;
        if (isExact) expect(toBase64(fromBase64(candidate))).toBe(candidate);
        else expect(() => fromBase64(candidate)).toThrow();
      }),
      { numRuns: 2000 },
    );
  });
});

describe('base64 as codes', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'AQgw/+19=\n-'), maxLength: 12 });

  it('is what the text is', () => {
    const outcome = (read: () => Uint8Array) => {
      try {
        return read();
      } catch (error) {
        return (error as Error).message;
      }
    };
    fc.assert(
      fc.property(fc.oneof(digits, bytes.map(toBase64)), text => {
        expect(outcome(() => fromBase64Codes(utf8(text)))).toEqual(outcome(() => fromBase64(text)));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([0x80, 0xc3, 0xff])('has no digit %i', code => {
    expect(() => fromBase64Codes(Uint8Array.of(0x41, 0x41, code, 0x41))).toThrow(
      expect.objectContaining({ code: 'base64-malformed' }),
    );
  });
});

describe('UTF-8', () => {
  it('comes back, byte order mark and all', () => {
    fc.assert(
      fc.property(text, value => {
        expect(fromUtf8(utf8(`\ufeff${value}`))).toBe(`\ufeff${value}`);
      }),
    );
  });

  it.each(['\ud800', 'a\udc00', '\udc00\ud800'])('refuses the lone surrogate in %j', value => {
    expect(() => utf8(value)).toThrow(expect.objectContaining({ code: 'lone-surrogate' }));
  });

  const malformed = ['80', 'c080', 'eda080', 'f4908080', 'e282', 'ff'];
  it.each(malformed)('refuses the bytes %s', hex => {
    expect(() => fromUtf8(fromHex(hex))).toThrow(expect.objectContaining({ code: 'utf8-malformed' }));
  });
});

describe('order by code point', () => {
  it('is the order of UTF-8 bytes', () => {
    const unit = fc.constantFrom('a', 'b', '\u00e9', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}');
    fc.assert(
      fc.property(fc.string({ unit }), fc.string({ unit }), (a, b) => {
        expect(Math.sign(compareCodePoints(a, b))).toBe(Buffer.compare(utf8(a), utf8(b)));
      }),
      { numRuns: 2000 },
    );
  });

  it('is that of a sorted list, with surrogates or without', () => {
    const plain = fc.string({ unit: fc.constantFrom('a', 'B', '-', '.', '/', '\u00e9', '\uff5e') });
    const any = fc.string({ unit: fc.constantFrom('a', '\ud7ff', '\ue000', '\uffff', '\u{10000}') });
    fc.assert(
      fc.property(fc.array(fc.oneof(plain, any)), texts => {
        expect(sortCodePoints([...texts])).toEqual(texts.toSorted(compareCodePoints));
      }),
      { numRuns: 2000 },
    );
  });

  it('differs from that of UTF-16 units', () => {
    expect(compareCodePoints('\uff5e', '\u{1f600}')).toBeLessThan(0);
    expect('\uff5e' < '\u{1f600}').toBe(false);
  });
});

it('joins and compares bytes', () => {
  expect(concatBytes(Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3));
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
});
