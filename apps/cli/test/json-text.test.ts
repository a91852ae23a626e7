import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseJson } from '../src/json-text.js';

it.each([
  ['', 'ends too early at line 1, column 1'],
  ['{"a":1,\n "b":}', 'has an unexpected "}" at line 2, column 6'],
  ['[1,\n2,\n]', 'has an unexpected "]" at line 3, column 1'],
  ['{"a":[1,2', 'ends too early at line 1, column 10'],
  ['{"a" 1}', 'has an unexpected "1" at line 1, column 6'],
  ['{a:1}', 'has an unexpected "a" at line 1, column 2'],
  ['{"a":1,}', 'has an unexpected "}" at line 1, column 8'],
  ['[] []', 'has an unexpected "[" at line 1, column 4'],
  ['["a\tb"]', 'has an unexpected "\\"" at line 1, column 2'],
  ['<html>', 'has an unexpected "<" at line 1, column 1'],
  ['[01]', 'has an unexpected "1" at line 1, column 3'],
])('tells where %j is wrong', (text, fault) => {
  expect(() => parseJson(text, 'page.json')).toThrow(`page.json is not JSON: it ${fault}.`);
  expect(() => parseJson(text, 'page.json')).toThrow(expect.objectContaining({ code: 'json-malformed' }));
});

it('counts lines from where the text began', () => {
  expect(() => parseJson('{', 'lines', 7)).toThrow('line 7, column 2');
});

it('reads past a byte order mark', () => {
  expect(parseJson('\ufeff[1]', 'page.json')).toEqual([1]);
});

it('finds a cut-off text to end too early, wherever it was cut', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), fc.nat(), (value, point) => {
      const whole = JSON.stringify(value);
      const cut = whole.slice(0, point % whole.length);
      expect(() => parseJson(cut, 'page.json')).toThrow(expect.objectContaining({ code: 'json-malformed' }));
    }),
  );
});

it('never points behind a fault that was put in', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), fc.nat(), (value, point) => {
      const whole = JSON.stringify(value);
      const offset = point % whole.length;
      const faulty = `${whole.slice(0, offset)}\u0007${whole.slice(offset)}`;
      const column = Number(/column (\d+)\.$/.exec(messageOf(faulty))![1]);
      expect(column - 1).toBeLessThanOrEqual(offset);
    }),
  );
});

function messageOf(text: string): string {
  try {
    parseJson(text, 'page.json');
  } catch (error) {
    return (error as { detail: string }).detail;
  }
  throw new Error('a text with a bell in it was read');
}
