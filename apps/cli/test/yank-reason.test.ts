import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeEvent } from '#ledger';
import { utf8 } from '#tuf';
import { cleanReason } from '../src/yank-reason.js';

it.each([
  ['Broken release ', 'Broken release '],
  ['a\u0000b\tc\u0085d', 'a b c d'],
  ['e\u0301', '\u00e9'],
  ['\ud800', '\ufffd'],
  ['\u0378', '\ufffd'],
  ['\u{1f4a5} x', '\u{1f4a5} x'],
  ['\u00e9'.repeat(200), '\u00e9'.repeat(128)],
  [`a${'\u{1f4a5}'.repeat(64)}`, `a${'\u{1f4a5}'.repeat(63)}`],
])('cleans %j', (reason, clean) => {
  expect(cleanReason(reason)).toBe(clean);
});

it('gives what the ledger takes, and leaves that alone', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), reason => {
      const clean = cleanReason(reason);
      const event = { type: 'file.yanked', project: 'a', filename: 'a', reason: clean };
      expect(decodeEvent(event)).toBe(event);
      expect(cleanReason(clean)).toBe(clean);
      expect(utf8(clean).length).toBeLessThanOrEqual(256);
    }),
  );
});
