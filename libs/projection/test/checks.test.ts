import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeValue } from '#ledger';
import { beginReplay, evolveStep, stepChecks } from '#projection';
import { nativeCrypto } from '#signing';
import { type Crypto, type SignatureCheck, toHex } from '#tuf';
import { action, play } from '../../../test/golden/random-history.js';

const history = fc.array(action, { minLength: 5, maxLength: 30 }).map(play);

/** A check as a text. */
const nameOf = ({ key, message, signature }: SignatureCheck) =>
  [key.keyval.public, nativeCrypto.sha256Hex(toHex(message)), toHex(signature)].join(' ');

/** Notes what it is asked to verify. */
function noting(asked: string[]): Crypto {
  return {
    ...nativeCrypto,
    verify(key, message, signature) {
      asked.push(nameOf({ key, message, signature }));
      return nativeCrypto.verify(key, message, signature);
    },
  };
}

it('what reading and folding a record verify was listed before, and nothing else was', () => {
  let [ofRecords, ofDrafts] = [0, 0];
  fc.assert(
    fc.property(history, ({ ledger, values }) => {
      const asked: string[] = [];
      const crypto = noting(asked);
      const state = beginReplay(ledger, crypto);
      for (const value of values) {
        const decoded = decodeValue(value);
        const listed = state.reader.checksOf(decoded).map(nameOf);
        const read = state.reader.next(decoded);
        const verified = asked.splice(0);
        // Noise of a known key may be found out before its signature is looked at; the opening's keys are its own; signatures over
        // offline roles are few, and not listed.
        const isOffline = 'step' in read && read.step.offline.outcomes.length > 0;
        if (state.reader.size > 1 && !isOffline) expect(listed).toEqual(expect.arrayContaining(verified));
        ofRecords += verified.length;
        if ('noise' in read) continue;
        if (read.step.position === 0) for (const bin of [0, 1]) state.targets.contents.set(bin, new Map());
        const ahead = stepChecks(state, read.step).map(nameOf);
        evolveStep(state, read.step, crypto);
        const folded = asked.splice(0);
        // A second signature by the same key is listed, and changes nothing unverified.
        expect(new Set(ahead)).toEqual(new Set(folded));
        ofDrafts += folded.length;
      }
    }),
    { numRuns: 40 },
  );
  expect(ofRecords).toBeGreaterThan(100);
  expect(ofDrafts).toBeGreaterThan(100);
});
