import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import unassigned from '@unicode/unicode-15.0.0/General_Category/Unassigned/ranges.mjs';
import { expect, it } from 'vitest';
import { isStableText } from '../src/index.js';

it.each([
  '',
  'ascii \n\u0000\u007f',
  '\u00e9',
  '\u4e2d\u6587',
  '\u{1f600}',
  '\ue000',
  '\uac00',
  '\u0301',
  '\u2028',
])('takes %j', text => expect(isStableText(text)).toBe(true));

it.each([
  ['a decomposed letter', 'e\u0301'],
  ['decomposed Hangul', '\u1100\u1161'],
  ['a singleton', '\u212b'],
  ['a composition exclusion', '\u0958'],
  ['marks out of order', 'a\u0301\u0323'],
  ['a lone surrogate', 'a\ud800'],
  ['a lone low surrogate', '\udc00a'],
  ['a noncharacter', '\ufffe'],
  ['a noncharacter of plane 16', '\u{10ffff}'],
  ['an unassigned code point', '\u0378'],
  ['a letter of Unicode 15.1', '\u{2ebf0}'],
  ['a letter of Unicode 16', '\u{105c0}'],
])('refuses %s', (_, text) => expect(isStableText(text)).toBe(false));

it('knows every code point', () => {
  const refused = new Set<number>();
  for (const { begin, end } of unassigned) for (let code = begin; code < end; code++) refused.add(code);
  for (let code = 0xd800; code < 0xe000; code++) refused.add(code);
  const wrong: number[] = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code);
    const expected = !refused.has(code) && character.normalize('NFC') === character;
    if (isStableText(character) !== expected) wrong.push(code);
  }
  expect(wrong).toEqual([]);
});

it('has the table that its generator writes', () => {
  const tool = fileURLToPath(new URL('../../../tools/unicode-table.mjs', import.meta.url));
  const table = new URL('../src/unicode-table.ts', import.meta.url);
  expect(execFileSync(process.execPath, [tool, '--stdout'], { encoding: 'utf8' })).toBe(
    readFileSync(table, 'utf8'),
  );
});
