import { describe, expect, it } from 'vitest';
import { Following, LogReader, type Place, silentLog } from '#host';
import { MemoryLog, MemoryTopic } from '#log';
import { nativeCrypto } from '#signing';
import { upload } from '../../../test/fixtures/test-ledger.js';
import { LogTail } from '../src/log-tail.js';
import { Relay } from '../src/relay.js';
import { memoryGateway } from './memory-gateway.js';

const noise = new TextEncoder().encode('noise');

async function progressAt(topic: MemoryTopic, ledger: string) {
  const reading = await LogReader.open(new MemoryLog(topic), ledger, undefined, nativeCrypto);
  await reading.next(1_000, new AbortController().signal, 0);
  return reading.save();
}

/** A tail that begins at a place. */
function follow(log: MemoryLog, ledger: string, from: Place) {
  const parts = { log, ledger, crypto: nativeCrypto, report: silentLog };
  const tail = new LogTail({ ...parts, from: async () => from });
  const following = new Following([tail], parts);
  const failed = new Promise<Error>(resolve => following.start(resolve));
  return { tail, failed, stop: () => following.stop() };
}

describe('LogTail', () => {
  it('tells of each appended value which position it got, or why it is noise', async () => {
    const { tail, ledger, stop } = await memoryGateway();
    const record = ledger.record(ledger.gateway, [upload('six', 'a')]);
    const stale = ledger.record(ledger.gateway, [upload('six', 'b')], { seq: 1 });
    expect(await tail.append([noise, record, stale])).toEqual([
      { noise: 'envelope' },
      { position: 1 },
      { noise: 'sequence' },
    ]);
    expect(tail.size).toBe(2);
    expect([...tail.noise]).toEqual([
      ['envelope', 1],
      ['sequence', 1],
    ]);
    await stop();
  });

  it('counts a value that stands in the log twice as the record that it is', async () => {
    const { tail, ledger, stop } = await memoryGateway({ sends: ['twice'] });
    expect(await tail.append([ledger.record(ledger.gateway, [upload('six', 'a')])])).toEqual([
      { position: 1 },
    ]);
    await stop();
  });

  it("begins at a projection's progress and knows the sequences from before", async () => {
    const { topic, ledger } = await memoryGateway();
    topic.push([ledger.record(ledger.gateway, [upload('six', 'a')], { seq: 41 }), noise]);
    const progress = await progressAt(topic, ledger.ledger);
    const { tail, stop } = follow(new MemoryLog(topic), ledger.ledger, progress);
    await tail.caughtUp();
    expect([tail.size, tail.isCaughtUp]).toEqual([2, true]);
    expect(tail.authority!.sequences.get(ledger.keys.gateway.keyid)!.get('main')).toBe(41);
    await stop();
  });

  it('does not start on another log than the progress was made from', async () => {
    const { topic, ledger } = await memoryGateway();
    topic.push([ledger.record(ledger.gateway, [upload('six', 'a')])]);
    const progress = await progressAt(topic, ledger.ledger);
    const other = new MemoryTopic();
    const open = () => follow(new MemoryLog(other), ledger.ledger, progress).failed;
    expect(await open()).toMatchObject({ code: 'log-forked' });
    other.push([noise, noise]);
    expect(await open()).toMatchObject({ code: 'log-forked' });
  });

  it('goes on after an error of the log', async () => {
    const { tail, ledger, stop } = await memoryGateway({ reads: ['failed', undefined, 'failed'] });
    expect(await tail.append([ledger.record(ledger.gateway, [upload('six', 'a')])])).toEqual([
      { position: 1 },
    ]);
    await stop();
  });

  it('ends for good at rules that this code does not know, and says so to those who wait', async () => {
    const { tail, ledger, failure } = await memoryGateway();
    const activation = ledger.record(ledger.administrators, [{ type: 'rules.activated', version: 2 }]);
    await expect(tail.append([activation])).rejects.toMatchObject({ code: 'rules-unknown' });
    expect(failure()).toMatchObject({ code: 'rules-unknown' });
    expect(tail.failure).toBe(failure());
    await expect(tail.append([noise])).rejects.toMatchObject({ code: 'rules-unknown' });
  });

  it('tells those who wait that it stops', async () => {
    const { tail, stop } = await memoryGateway({ reads: Array(1_000).fill('behind') });
    const waiting = tail.append([noise]);
    await new Promise(resolve => setTimeout(resolve, 50));
    await stop();
    await expect(waiting).rejects.toMatchObject({ code: 'stopping' });
  });
});

describe('Relay', () => {
  it('appends an envelope once, also where two requests bring the same', async () => {
    const { tail, ledger, stop } = await memoryGateway();
    const relay = new Relay(tail);
    const value = ledger.record(ledger.gateway, [upload('six', 'a'), upload('six', 'b')]);
    const [first, second] = await Promise.all([relay.relay(value), relay.relay(value)]);
    expect(first.places).toEqual([
      { position: 1, event: 0 },
      { position: 1, event: 1 },
    ]);
    expect(second).toEqual(first);
    await expect(relay.relay(value)).rejects.toMatchObject({
      code: 'noise',
      members: { reason: 'sequence' },
    });
    await stop();
  });
});
