import { describe, expect, it } from 'vitest';
import { decodeEnvelope, decodePayload, eventJson, MAX_VALUE_BYTES, type RawEvent } from '#ledger';
import { testKey } from '../../../test/fixtures/keys.js';
import { signingKey } from '../../../test/fixtures/signing-key.js';
import { upload } from '../../../test/fixtures/test-ledger.js';
import { RecordSealer } from '../src/record-sealing.js';

const ledger = 'a'.repeat(64);
const sealer = new RecordSealer({ key: signingKey(testKey('gateway')), stream: 'main' }, ledger);
const largest = { seq: Number.MAX_SAFE_INTEGER, v: Number.MAX_SAFE_INTEGER };
const eventsOf = (value: Uint8Array) => decodePayload(decodeEnvelope(value)!.payload)!.events;
/** An event whose canonical JSON has so many bytes. */
const sized = (bytes: number): RawEvent => ({
  type: 'x',
  fill: 'x'.repeat(bytes - '{"fill":"","type":"x"}'.length),
});

describe('RecordSealer', () => {
  it('keeps order and events, and fills records as far as they go', async () => {
    const events = Array.from({ length: 1_000 }, (_, i) =>
      eventJson(upload('a-project', `a-project-1.${i}-py3-none-any.whl`)),
    );
    const plans = sealer.plan(events);
    const values = await Promise.all(plans.map(plan => sealer.seal(plan, largest)));
    expect(values.flatMap(eventsOf)).toEqual(events);
    // DESIGN: about 100 uploads fit one record; these are short ones.
    expect(plans[0]!.events.length).toBeGreaterThan(100);
    expect(plans.length).toBe(Math.ceil(1_000 / plans[0]!.events.length));
  });

  it('reckons the length that a value has at most', async () => {
    for (const plan of sealer.plan([sized(10_000), sized(30_000), sized(9_000), sized(20_001), sized(100)])) {
      const value = await sealer.seal(plan, largest);
      expect(value.length).toBe(plan.bytes);
      expect((await sealer.seal(plan, { seq: 1, v: 1 })).length).toBeLessThanOrEqual(plan.bytes);
      expect(plan.bytes).toBeLessThanOrEqual(MAX_VALUE_BYTES);
    }
  });

  it('fits the largest event exactly, and refuses one byte more', async () => {
    let bytes = 48_000;
    while (fits(bytes + 1)) bytes++;
    const value = await sealer.seal(sealer.plan([sized(bytes)])[0]!, largest);
    expect(value.length).toBeGreaterThan(MAX_VALUE_BYTES - 4);
    expect(value.length).toBeLessThanOrEqual(MAX_VALUE_BYTES);
    expect(() => sealer.plan([sized(100), sized(bytes + 1)])).toThrow(
      expect.objectContaining({ code: 'record-too-large', message: expect.stringContaining('events[1]') }),
    );
  });

  it('puts at most 1,000 events into a record', () => {
    const plans = sealer.plan(Array(2_001).fill({ type: 'x' }));
    expect(plans.map(({ events }) => events.length)).toEqual([1_000, 1_000, 1]);
  });
});

function fits(bytes: number): boolean {
  try {
    return sealer.plan([sized(bytes)]).length === 1;
  } catch {
    return false;
  }
}
