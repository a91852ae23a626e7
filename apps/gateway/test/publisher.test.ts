import { describe, expect, it } from 'vitest';
import { decodeEnvelope, decodePayload, eventJson, type RawEvent } from '#ledger';
import type { MemoryTopic, SendFault } from '#log';
import { Reader } from '#projection';
import { nativeCrypto } from '#signing';
import { type TestLedger, upload } from '../../../test/fixtures/test-ledger.js';
import { type EventPlace, MAX_QUEUED_EVENTS } from '../src/publisher.js';
import { memoryGateway } from './memory-gateway.js';

const file = (name: string): RawEvent => eventJson(upload('six', name));
const files = (count: number, prefix = 'f') =>
  Array.from({ length: count }, (_, i) => file(`${prefix}-${i}`));

/** The events of every record of the log, by position. */
function recordsOf(topic: MemoryTopic, ledger: TestLedger): (readonly RawEvent[])[] {
  const reader = Reader.begin(ledger.ledger, nativeCrypto);
  const entries = topic.page(0, 1e6, Number.POSITIVE_INFINITY);
  const admitted = entries.filter(({ value }) => 'step' in reader.next(value));
  return admitted.map(({ value }) => decodePayload(decodeEnvelope(value)!.payload)!.events);
}

function expectPlaced(
  events: readonly RawEvent[],
  places: readonly EventPlace[],
  records: (readonly RawEvent[])[],
): void {
  expect(places.map(({ position, event }) => records[position]![event])).toEqual(events);
}

describe('Publisher', () => {
  it('gives every event the place where it stands as part of a record', async () => {
    const { publisher, topic, ledger } = await memoryGateway();
    const events = files(600);
    const places = await publisher.publish(events);
    expectPlaced(events, places, recordsOf(topic, ledger));
    const positions = places.map(({ position }) => position);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    expect(publisher.queuedEvents).toBe(0);
  });

  it('gathers requests that come at once, each whole and in its order', async () => {
    const { publisher, topic, ledger } = await memoryGateway();
    const requests = Array.from({ length: 50 }, (_, i) => files(1 + (i % 7) * 60, `r${i}`));
    const all = await Promise.all(requests.map(events => publisher.publish(events)));
    const records = recordsOf(topic, ledger);
    for (const [i, events] of requests.entries()) expectPlaced(events, all[i]!, records);
    expect(records.flat()).toHaveLength(requests.flat().length + recordsOf(topic, ledger)[0]!.length);
  });

  it('seals anew what a late value of its own past has overtaken, in order', async () => {
    const { publisher, topic, ledger, log } = await memoryGateway();
    await publisher.publish(files(1, 'first'));
    // Sent before a restart, landing late: numbers 2 and 3 of this process are spent, 4 is not.
    const late = ledger.record(ledger.gateway, [file('late')], { seq: 3 });
    const { append } = log;
    log.append = values => {
      log.append = append;
      topic.push([late]);
      return append.call(log, values);
    };
    const events = files(1_200, 'second');
    const places = await publisher.publish(events);
    const records = recordsOf(topic, ledger);
    expectPlaced(events, places, records);
    const positions = places.map(({ position }) => position);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    expect(records.length).toBeGreaterThan(new Set(positions).size + 3);
  });

  it('gives up where another process keeps writing to its stream', async () => {
    const { publisher, topic, ledger, log } = await memoryGateway();
    const { append } = log;
    let seq = 1_000;
    log.append = values => {
      seq += 1_000;
      topic.push([ledger.record(ledger.gateway, [file(`other-${seq}`)], { seq })]);
      return append.call(log, values);
    };
    await expect(publisher.publish(files(1))).rejects.toMatchObject({ code: 'publisher-raced', status: 503 });
  });

  it.each<SendFault>(['refused', 'unacknowledged', 'late', 'cut short', 'phantom', 'twice'])(
    'appends once and tells the place after a send that was %s',
    async fault => {
      const { publisher, topic, ledger } = await memoryGateway({ sends: [fault] });
      const events = files(600);
      const places = await publisher.publish(events);
      const records = recordsOf(topic, ledger);
      expectPlaced(events, places, records);
      expect(records.slice(1).flat()).toEqual(events);
    },
  );

  it('tells that the log does not answer, and goes on when it does again', async () => {
    const { publisher, topic, ledger } = await memoryGateway({ sends: Array(9).fill('refused') });
    await expect(publisher.publish(files(1, 'lost'))).rejects.toMatchObject({ code: 'log-unavailable' });
    const places = await publisher.publish(files(1, 'kept'));
    expectPlaced(files(1, 'kept'), places, recordsOf(topic, ledger));
  });

  it('refuses when its key was revoked, before and while it appends', async () => {
    const { publisher, topic, ledger, log } = await memoryGateway();
    await publisher.publish(files(1, 'before'));
    const revocation = ledger.record(ledger.administrators, [
      { type: 'publisher.revoked', keyid: ledger.keys.gateway.keyid },
    ]);
    const { append } = log;
    log.append = values => {
      topic.push([revocation]);
      return append.call(log, values);
    };
    await expect(publisher.publish(files(1))).rejects.toMatchObject({ code: 'publisher-revoked' });
    const { end } = await log.bounds();
    await expect(publisher.publish(files(1))).rejects.toMatchObject({ code: 'publisher-revoked' });
    expect((await log.bounds()).end).toBe(end);
  });

  it('bounds what waits, and appends nothing of what it refuses', async () => {
    const { publisher, topic, ledger } = await memoryGateway();
    const small: RawEvent = { type: 'x' };
    const accepted = publisher.publish(Array(MAX_QUEUED_EVENTS).fill(small));
    await expect(publisher.publish([file('one-too-many')])).rejects.toMatchObject({
      code: 'busy',
      status: 503,
    });
    await accepted;
    await publisher.publish([file('after')]);
    const names = recordsOf(topic, ledger)
      .flat()
      .map(event => event.filename);
    expect(names.filter(name => name !== undefined)).toEqual(['after']);
  });

  it('refuses an event that fits no record, and nothing else is lost by it', async () => {
    const { publisher } = await memoryGateway();
    const large: RawEvent = { type: 'x', fill: 'x'.repeat(60_000) };
    await expect(publisher.publish([file('a'), large])).rejects.toMatchObject({ code: 'record-too-large' });
    await expect(publisher.publish([file('a')])).resolves.toEqual([{ position: 1, event: 0 }]);
  });
});
