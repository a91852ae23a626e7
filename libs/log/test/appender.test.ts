import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { APPENDER_LIMITS } from '../src/appender.js';
import { type LogFaults, MemoryLog, MemoryTopic, type ReadFault, type SendFault } from '../src/memory.js';
import { bytes, text } from './log.contract.js';

const QUICK = { ...APPENDER_LIMITS, pauseMs: 0 };

function openLog(faults: LogFaults, limits = QUICK) {
  const topic = new MemoryTopic();
  return { topic, log: new MemoryLog(topic, faults, limits) };
}

const stored = (topic: MemoryTopic) => topic.page(0, 100_000, Number.POSITIVE_INFINITY).map(text);

describe('one batch under one fault of the send', () => {
  test.each<[SendFault, string[]]>([
    ['refused', ['a', 'b']],
    ['unacknowledged', ['a', 'b']],
    ['cut short', ['a', 'b']],
    ['phantom', ['a', 'b']],
    // What the broker itself writes twice stays twice; the first copy counts.
    ['twice', ['a', 'b', 'a', 'b']],
    // Sent again before the first landed: the price of never losing it.
    ['late', ['a', 'b', 'a', 'b']],
  ])('%s: acknowledged, and in the log', async (fault, expected) => {
    const { topic, log } = openLog({ sends: [fault] });
    const offsets = await log.append([bytes('a'), bytes('b')]);
    expect(stored(topic)).toEqual(expected);
    expect(offsets.map(offset => stored(topic)[offset])).toEqual(['a', 'b']);
  });
});

describe('one batch under faults of the read-back', () => {
  test.each<[string, (ReadFault | undefined)[]]>([
    ['not visible at first', ['behind', 'behind', 'behind']],
    ['reads fail', ['failed', 'failed']],
    ['reads are short', ['short', 'short', 'short']],
    ['all of them', ['failed', 'short', 'behind', 'short']],
  ])('%s: acknowledged once it was read', async (_, tails) => {
    const { topic, log } = openLog({ tails });
    expect(await log.append([bytes('a'), bytes('b'), bytes('c')])).toEqual([0, 1, 2]);
    expect(stored(topic)).toEqual(['a', 'b', 'c']);
    expect(tails).toEqual([]);
  });

  test('is not acknowledged while it is not visible, and sent again only after the tail was read', async () => {
    const { topic, log } = openLog({ tails: Array(QUICK.reads + 1).fill('behind') });
    expect(await log.append([bytes('a')])).toEqual([1]);
    // It stayed invisible through every try to read it back, and when the tail was read: lost, as far as anyone could tell.
    expect(stored(topic)).toEqual(['a', 'a']);
  });
});

describe('a batch that can not be confirmed', () => {
  test('is rejected after the bound of sends, as retryable', async () => {
    const sends = Array<SendFault>(QUICK.sends).fill('refused');
    const { topic, log } = openLog({ sends });
    await expect(log.append([bytes('a')])).rejects.toMatchObject({
      code: 'log-unavailable',
      retryable: true,
    });
    expect(sends).toEqual([]);
    expect(stored(topic)).toEqual([]);
    expect(await log.append([bytes('a')])).toEqual([0]);
  });

  test('is not sent again while the tail can not be read', async () => {
    const sends: SendFault[] = ['unacknowledged', 'refused'];
    const { topic, log } = openLog({ sends, tails: Array(QUICK.reads).fill('failed') });
    await expect(log.append([bytes('a')])).rejects.toMatchObject({ code: 'log-unavailable' });
    expect(sends).toEqual(['refused']);
    expect(stored(topic)).toEqual(['a']);
  });

  test('is found by who appends the same bytes again', async () => {
    const { topic, log } = openLog({ sends: ['unacknowledged'], tails: Array(QUICK.reads).fill('failed') });
    await expect(log.append([bytes('a')])).rejects.toMatchObject({ retryable: true });
    const again = await Promise.all([log.append([bytes('new')]), log.append([bytes('a')])]);
    expect(again).toEqual([[1], [0]]);
    expect(stored(topic)).toEqual(['a', 'new']);
  });

  test('tells those of its callers whose values were found that all is well', async () => {
    const sends: SendFault[] = ['cut short', 'refused', 'refused'];
    const { topic, log } = openLog({ sends });
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map(value => log.append([bytes(value)])));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(stored(topic)).toEqual(['a', 'b']);
  });
});

describe('equal bytes of two producers', () => {
  test('are told apart when nothing fails', async () => {
    const topic = new MemoryTopic();
    const [one, other] = [new MemoryLog(topic), new MemoryLog(topic)];
    const offsets = await Promise.all([one.append([bytes('a')]), other.append([bytes('a')])]);
    expect(offsets.flat().sort()).toEqual([0, 1]);
  });

  test('acknowledge one another after a fault, if written since the batch began', async () => {
    const { topic, log } = openLog({ sends: ['refused'] });
    topic.push([bytes('x'), bytes('a')]);
    expect(await log.append([bytes('a')])).toEqual([1]);
    expect(stored(topic)).toEqual(['x', 'a']);
  });

  test('do not, if they were read before', async () => {
    const { topic, log } = openLog({ sends: ['refused'] });
    topic.push([bytes('a')]);
    await log.read(0, { maxBytes: 100, maxEntries: 100, waitMs: 0 });
    expect(await log.append([bytes('a')])).toEqual([1]);
  });

  test('stand for one value only', async () => {
    const { topic, log } = openLog({ sends: ['refused'] });
    topic.push([bytes('a')]);
    expect(await Promise.all([log.append([bytes('a')]), log.append([bytes('a')])])).toEqual([[0], [1]]);
    expect(stored(topic)).toEqual(['a', 'a']);
  });
});

describe('bounds', () => {
  test('one send is in flight, and batches are as large as they may be', async () => {
    const sent: number[] = [];
    const topic = new MemoryTopic();
    const push = topic.push.bind(topic);
    topic.push = values => {
      sent.push(values.length);
      return push(values);
    };
    const log = new MemoryLog(topic, {}, { ...QUICK, batchEntries: 4, batchBytes: 10 });
    await Promise.all(
      ['1', '2', '3', '4', '5', '66666', '77777', '8'].map(value => log.append([bytes(value)])),
    );
    expect(sent).toEqual([4, 2, 2]);
  });

  test('an append above a batch is refused', async () => {
    const { log } = openLog({}, { ...QUICK, batchEntries: 2, batchBytes: 10 });
    const refused = { code: 'value-too-large' };
    await expect(log.append([bytes('1'), bytes('2'), bytes('3')])).rejects.toMatchObject(refused);
    await expect(log.append([bytes('123456'), bytes('78901')])).rejects.toMatchObject(refused);
  });

  test('a full queue answers busy, empty values count too, and it empties', async () => {
    const { log } = openLog({}, { ...QUICK, queuedBytes: 1_000 });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => log.append([new Uint8Array(0)])),
    );
    const busy = outcomes.filter(outcome => outcome.status === 'rejected');
    expect(busy).toHaveLength(5);
    expect(busy[0]!.reason).toMatchObject({ code: 'log-busy', retryable: true });
    await log.append([new Uint8Array(900)]);
  });
});

test('whatever fails: what is acknowledged is in the log, in order, and what is not can be appended again', async () => {
  const sendFault = fc.option(
    fc.constantFrom<SendFault>('refused', 'unacknowledged', 'late', 'cut short', 'phantom', 'twice'),
    { nil: undefined },
  );
  const readFault = fc.option(fc.constantFrom<ReadFault>('failed', 'short', 'behind'), { nil: undefined });
  const history = fc.record({
    sends: fc.array(sendFault, { maxLength: 12 }),
    tails: fc.array(readFault, { maxLength: 40 }),
    appends: fc.array(fc.array(fc.constantFrom('a', 'b', 'c', ''), { minLength: 1, maxLength: 4 }), {
      maxLength: 8,
    }),
    together: fc.integer({ min: 1, max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(history, async ({ sends, tails, appends, together }) => {
      const { topic, log } = openLog({ sends: [...sends], tails: [...tails] });
      const taken = new Set<number>();
      for (let at = 0; at < appends.length; at += together) {
        await Promise.all(
          appends.slice(at, at + together).map(async values => {
            let offsets: readonly number[] | undefined;
            while (!offsets) offsets = await log.append(values.map(bytes)).catch(() => undefined);
            const kept = stored(topic);
            expect(offsets.map(offset => kept[offset])).toEqual(values);
            expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
            for (const offset of offsets) {
              expect(taken.has(offset)).toBe(false);
              taken.add(offset);
            }
          }),
        );
      }
    }),
    { numRuns: 200 },
  );
});
