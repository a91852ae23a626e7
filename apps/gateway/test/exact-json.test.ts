import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactJson } from '../src/exact-json.js';

const parse = (text: string) => parseExactJson(new TextEncoder().encode(text));

describe('parseExactJson', () => {
  it.each(['0', '-1', '9007199254740991', '-9007199254740991'])('keeps %s', number => {
    expect(parse(`[${number}]`)).toEqual({ json: [Number(number)] });
  });

  it.each([
    '9007199254740992',
    '-9007199254740992',
    '9007199254740993',
    '1.0',
    '0.5',
    '1e2',
    '1E+2',
    '-0',
    '-0.0',
    '1e999',
  ])('gives no number for %s', number => {
    expect(parse(`{"a":[1,${number}],"b":2}`)).toEqual({
      json: { a: [1, Number.POSITIVE_INFINITY], b: 2 },
      unsafeNumber: number,
    });
  });

  it('leaves strings alone, whatever stands in them', () => {
    const value = { '1.5': ['1.5', '\\', '\\"1.5', '"1e9'], text: '\u00001.5\\\\' };
    expect(parse(JSON.stringify(value))).toEqual({ json: value });
  });

  it('reads what a stock parser reads where all numbers are safe integers', () => {
    const number = fc.maxSafeInteger().filter(integer => !Object.is(integer, -0));
    const tie = fc.letrec(tie => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        number,
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value')),
        fc.dictionary(fc.string(), tie('value')),
      ),
    }));
    fc.assert(
      fc.property(tie.value, fc.constantFrom(0, 1, 4), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parse(text)).toEqual({ json: JSON.parse(text) });
      }),
    );
  });

  it('refuses what is no JSON or no UTF-8', () => {
    for (const text of ['', '{', '[1,]', '01', '+1', '\ufeff[]', "{'a':1}"]) {
      expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'json-malformed' }));
    }
    expect(() => parseExactJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(
      expect.objectContaining({ code: 'json-malformed' }),
    );
  });
});
