import { describe, expect, it, vi } from 'vitest';
import { LogReader } from '#host';
import { type Log, MemoryLog, MemoryTopic } from '#log';
import { nativeCrypto } from '#signing';
import { TestLedger, upload } from '../../../test/fixtures/test-ledger.js';

const signal = new AbortController().signal;
const NOISE = new Uint8Array([1, 2, 3]);

/** A log of these values, and the offsets from which it was read. */
function logOf(values: readonly Uint8Array[]): { log: Log; topic: MemoryTopic; reads: number[] } {
  const topic = new MemoryTopic();
  topic.push(values);
  const inner = new MemoryLog(topic);
  const reads: number[] = [];
  const log: Log = {
    append: appended => inner.append(appended),
    read: (from, limit) => {
      reads.push(from);
      return inner.read(from, limit);
    },
    bounds: () => inner.bounds(),
    close: () => inner.close(),
  };
  return { log, topic, reads };
}

function someRecords(count: number): TestLedger {
  const ledger = new TestLedger({ crypto: nativeCrypto, count: 2 });
  for (let i = 0; i < count; i++) ledger.say(upload('six', `${i}.whl`));
  return ledger;
}

describe('LogReader', () => {
  it('gives as many records as it is asked for, and reads the log once for many batches', async () => {
    const ledger = someRecords(5);
    const { log, reads } = logOf(ledger.values);
    const reading = await LogReader.open(log, ledger.ledger, undefined, nativeCrypto);
    const positions: number[][] = [];
    for (const limit of [1, 2, 100])
      positions.push((await reading.next(limit, signal, 1_000)).steps.map(({ position }) => position));
    expect(positions).toEqual([[0], [1, 2], [3, 4, 5]]);
    expect(reads).toEqual([0]);
  });

  it('does not count noise as records, and says where each stands', async () => {
    const [opening, first, second] = someRecords(2).values as [Uint8Array, Uint8Array, Uint8Array];
    const ledger = someRecords(2);
    const { log } = logOf([NOISE, opening, NOISE, first, first, second, NOISE]);
    const reading = await LogReader.open(log, ledger.ledger, undefined, nativeCrypto);
    const { offsets, noise } = await reading.next(2, signal, 1_000);
    expect(offsets).toEqual([1, 3]);
    expect(noise.map(({ offset, reason }) => [offset, reason])).toEqual([
      [0, 'envelope'],
      [2, 'envelope'],
    ]);
    expect(await reading.isAtTail()).toBe(false);
    const rest = await reading.next(2, signal, 1_000);
    expect(rest.offsets).toEqual([5]);
    expect(rest.noise.map(({ offset, reason }) => [offset, reason])).toEqual([
      [4, 'sequence'],
      [6, 'envelope'],
    ]);
    expect(reading.place).toMatchObject({ offset: 7, lastOffset: 5 });
    expect(await reading.isAtTail()).toBe(true);
  });

  it('is not at the tail once something was appended, which the next batch holds', async () => {
    const ledger = someRecords(1);
    const { log, topic } = logOf(ledger.values);
    const reading = await LogReader.open(log, ledger.ledger, undefined, nativeCrypto);
    await reading.next(100, signal, 1_000);
    expect(await reading.isAtTail()).toBe(true);
    topic.push([ledger.record(ledger.gateway, [upload('six', 'more.whl')])]);
    expect(await reading.isAtTail()).toBe(false);
    expect((await reading.next(100, signal, 1_000)).offsets).toEqual([2]);
  });

  it('is at the tail where it has come through what was the end a moment ago', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const ledger = someRecords(3);
    const { log, topic } = logOf(ledger.values);
    const reading = await LogReader.open(log, ledger.ledger, undefined, nativeCrypto);
    await reading.next(2, signal, 1_000);
    expect(await reading.isAtTail()).toBe(false);
    topic.push([ledger.record(ledger.gateway, [upload('six', 'more.whl')])]);
    await reading.next(1, signal, 1_000);
    expect(await reading.isAtTail()).toBe(false);
    await reading.next(1, signal, 1_000);
    expect(await reading.isAtTail()).toBe(true);
    vi.advanceTimersByTime(5_000);
    expect(await reading.isAtTail()).toBe(false);
    vi.useRealTimers();
  });

  it('goes on where a progress says, with the same tree and sequences', async () => {
    const ledger = someRecords(3);
    const { log } = logOf(ledger.values);
    const whole = await LogReader.open(log, ledger.ledger, undefined, nativeCrypto);
    await whole.next(2, signal, 1_000);
    const saved = { reader: whole.reader.save(), ...whole.place };
    const resumed = await LogReader.open(log, ledger.ledger, saved, nativeCrypto);
    await whole.next(100, signal, 1_000);
    const { steps } = await resumed.next(100, signal, 1_000);
    expect(steps.map(({ position }) => position)).toEqual([2, 3]);
    expect(resumed.reader.rootHash).toBe(whole.reader.rootHash);
    expect(resumed.place).toEqual(whole.place);
  });

  it('gives nothing when nothing comes, and at once when it is told to stop', async () => {
    const ledger = someRecords(0);
    const { log } = logOf([]);
    const reading = await LogReader.open(log, ledger.ledger, undefined, nativeCrypto);
    const stopping = new AbortController();
    const waiting = reading.next(1, stopping.signal, 1_000);
    stopping.abort();
    expect(await waiting).toEqual({ steps: [], offsets: [], noise: [] });
  });
});
