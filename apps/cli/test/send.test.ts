import fc from 'fast-check';
import { expect, it } from 'vitest';
import { batchesOf, MAX_REQUEST_CHARACTERS, MAX_REQUEST_EVENTS } from '../src/send.js';

it('cuts events into requests within both limits, none empty, none lost', () => {
  const sizes = fc.array(fc.constantFrom(1, 10, 900_000, 1_999_000), { maxLength: 12 });
  fc.assert(
    fc.property(sizes, fc.nat({ max: 2_500 }), (long, short) => {
      const texts = [...long.map(size => 'x'.repeat(size)), ...Array<string>(short).fill('y')];
      const events = texts.map((text, index) => ({ type: 'x', text, index }));
      const batches = [...batchesOf(events)];
      expect(batches.flat()).toEqual(events);
      for (const batch of batches) {
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(MAX_REQUEST_EVENTS);
        const characters = batch.reduce((sum, event) => sum + JSON.stringify(event).length, 0);
        expect(characters).toBeLessThanOrEqual(MAX_REQUEST_CHARACTERS);
      }
    }),
    { numRuns: 20 },
  );
});

it('sends an event above the limit alone', () => {
  const large = { type: 'x', text: 'x'.repeat(MAX_REQUEST_CHARACTERS) };
  expect([...batchesOf([{ type: 'a' }, large, { type: 'b' }])].map(batch => batch.length)).toEqual([1, 1, 1]);
});
