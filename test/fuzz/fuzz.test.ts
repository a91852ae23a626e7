// Whoever may write to the topic may write anything. No value makes a reader throw or a fold lose count: what is no record is
// noise and leaves no trace, and of every event of a record exactly one service says what became of it.
//
// Each run draws a new seed and prints it. TUF_LEDGER_FUZZ_SEED plays one again, TUF_LEDGER_FUZZ_SECONDS says for how long.

import { afterAll, describe, expect, it } from 'vitest';
import { encodePayload, eventJson, type LedgerEvent, type RawEvent } from '#ledger';
import { type Effects, Reader } from '#projection';
import { nativeCrypto } from '#signing';
import type { JsonObject } from '#tuf';
import { GOOD_EVENTS } from '../fixtures/good-events.js';
import { outcomesOf } from '../fixtures/outcomes.js';
import { Random } from '../fixtures/random.js';
import { randomEvent } from '../fixtures/random-history.js';
import { TestLedger } from '../fixtures/test-ledger.js';
import { spoiledBytes, spoiledObject } from './mutations.js';

const SEED = Number(process.env.TUF_LEDGER_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const SECONDS = Number(process.env.TUF_LEDGER_FUZZ_SECONDS ?? 10);
/** A ledger grows with what is said to it; after so many values another begins. */
const VALUES_PER_LEDGER = 400;

/** Plays `turn` with a new random of a seed that follows from SEED, until time is up. */
function forSeconds(turn: (random: Random, count: number) => void): number {
  const until = performance.now() + SECONDS * 1000;
  let count = 0;
  for (; performance.now() < until; count++) turn(new Random(SEED + count), count);
  return count;
}

function newLedger(): TestLedger {
  const ledger = new TestLedger({ count: 4, crypto: nativeCrypto }).open();
  ledger.publish();
  return ledger;
}

/** Takes a value as every service does; gives what it did, undefined where it was noise, which must leave no trace. */
function take(ledger: TestLedger, value: Uint8Array): Effects | undefined {
  const { reader } = ledger.replay.state;
  const before = reader.save();
  const effects = ledger.append(value);
  if (!effects) expect(reader.save()).toBe(before);
  // A service that starts now goes on as one that was there.
  else expect(Reader.resume(reader.save(), nativeCrypto).save()).toBe(reader.save());
  return effects;
}

/** Every event of the record was decided, once, or once for each of its entries. */
function expectDecided(effects: Effects): void {
  const decided = outcomesOf(effects).map(({ event, entry = -1 }) => `${event}.${entry}`);
  expect(new Set(decided).size).toBe(decided.length);
  const events = new Set(outcomesOf(effects).map(({ event }) => event));
  expect([...events].sort((a, b) => a - b)).toEqual(effects.step.events.map((_, index) => index));
}

/** An activation of rules that nobody knows stops every reader: it is the one thing that may. */
function stopsReaders(event: RawEvent): boolean {
  return event.type === 'rules.activated';
}

function goodEvent(random: Random): RawEvent {
  if (random.oneIn(2)) return eventJson(randomEvent(random) as LedgerEvent);
  const [type, fields] = random.pick(Object.entries(GOOD_EVENTS));
  return { type, ...fields } as RawEvent;
}

describe(`values made from seed ${SEED} on, for ${SECONDS} s each`, () => {
  const played: string[] = [];
  afterAll(() => console.info(`fuzz: seed ${SEED}: ${played.join(', ')}`));

  it('whose bytes are spoiled are taken or are noise', () => {
    let ledger = newLedger();
    let noise = 0;
    const count = forSeconds((random, turn) => {
      if (turn % VALUES_PER_LEDGER === 0) ledger = newLedger();
      const value = random.oneIn(3)
        ? random.pick(ledger.values)
        : ledger.record(ledger.gateway, [randomEvent(random)]);
      const effects = take(ledger, spoiledBytes(random, value));
      if (effects) expectDecided(effects);
      else noise++;
    });
    expect(noise).toBeGreaterThan(0);
    played.push(`${count} spoiled values`);
  });

  it('whose payload is spoiled before it is signed are taken or are noise', () => {
    let ledger = newLedger();
    let [noise, records] = [0, 0];
    const count = forSeconds((random, turn) => {
      if (turn % VALUES_PER_LEDGER === 0) ledger = newLedger();
      const frame = { ledger: ledger.ledger, stream: 'main', seq: 1_000 + turn, v: 1 };
      const payload = encodePayload({ ...frame, events: [eventJson(randomEvent(random) as LedgerEvent)] });
      const effects = take(ledger, ledger.seal(spoiledBytes(random, payload), [ledger.keys.gateway]));
      if (effects) {
        records++;
        expectDecided(effects);
      } else noise++;
    });
    expect(Math.min(noise, records)).toBeGreaterThan(0);
    played.push(`${count} spoiled payloads`);
  });

  it('whose events are spoiled are records, and each of their events is decided', () => {
    let ledger = newLedger();
    const results = new Set<string>();
    const count = forSeconds((random, turn) => {
      if (turn % VALUES_PER_LEDGER === 0) ledger = newLedger();
      const events = Array.from({ length: 1 + random.below(3) }, () => {
        const { type, ...fields } = goodEvent(random);
        return { type, ...spoiledObject(random, fields as JsonObject) } as RawEvent;
      }).filter(event => !stopsReaders(event));
      const value = sealed(ledger, events, random);
      const effects = value && take(ledger, value);
      if (!effects) return;
      expectDecided(effects);
      for (const { verdict } of outcomesOf(effects)) results.add(verdict.result);
    });
    expect(results).toEqual(new Set(['applied', 'unchanged', 'rejected']));
    played.push(`${count} records of spoiled events`);
  });
});

/** The record of these events by a publisher or the administrators; undefined where there is no canonical text of them. */
function sealed(ledger: TestLedger, events: readonly RawEvent[], random: Random): Uint8Array | undefined {
  const writer = random.pick([ledger.gateway, ledger.scheduler, ledger.administrators]);
  try {
    return events.length === 0 ? undefined : ledger.record(writer, events);
  } catch (error) {
    // What can't be written by us can't be read by anybody: the codec refuses both alike.
    expect(error).toMatchObject({ name: expect.stringMatching(/^(Tuf|Ledger)Error$/) });
    return undefined;
  }
}
