import { describe, expect, it } from 'vitest';
import { Reader } from '#projection';
import { nativeCrypto } from '#signing';
import { HISTORIES } from '../../../test/golden/histories.js';

describe.each(HISTORIES.filter(({ values }) => values === 'whole'))(
  'a reader of the history $name',
  ({ build }) => {
    const { ledger, values } = build();

    it('that is saved and resumed before every value reads the same', () => {
      const whole = Reader.begin(ledger, nativeCrypto);
      let resumed = Reader.begin(ledger, nativeCrypto);
      for (const value of values) {
        resumed = Reader.resume(resumed.save(), nativeCrypto);
        expect(resumed.next(value)).toEqual(whole.next(value));
        expect([resumed.size, resumed.rootHash, resumed.save()]).toEqual([
          whole.size,
          whole.rootHash,
          whole.save(),
        ]);
      }
    });
  },
);
