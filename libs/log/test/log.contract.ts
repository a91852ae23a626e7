import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Log, type LogEntry, LogError, MAX_VALUE_BYTES } from '../src/index.js';

/** One empty log, to be opened by any number of producers. */
export interface LogSite {
  open(): Promise<Log>;
  /** Called after the logs were closed. */
  dispose(): Promise<void>;
}

const ALL = { maxBytes: 64 * MAX_VALUE_BYTES, maxEntries: 100_000, waitMs: 0 };

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (entry: LogEntry): string => new TextDecoder().decode(entry.value);

/** Resolves when everything else has had its turn. */
function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

/** What every adapter of the log must do. */
export function describeLog(name: string, makeSite: () => Promise<LogSite>): void {
  describe(`log in ${name}`, () => {
    let site: LogSite;
    let log: Log;
    const opened: Log[] = [];

    const open = async () => {
      const another = await site.open();
      opened.push(another);
      return another;
    };

    beforeEach(async () => {
      site = await makeSite();
      log = await open();
    });

    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
      await site.dispose();
    });

    test('gives back what was appended, in order', async () => {
      const offsets = await log.append([bytes('a'), bytes('b')]);
      const [last] = await log.append([bytes('c')]);
      const entries = await log.read(0, ALL);
      expect(entries.map(text)).toEqual(['a', 'b', 'c']);
      expect(entries.map(({ offset }) => offset)).toEqual([...offsets, last]);
      expect([...offsets, last]).toEqual([...offsets, last!].sort((a, b) => a! - b!));
    });

    test('gives equal values offsets of their own', async () => {
      const offsets = [...(await log.append([bytes('a'), bytes('a')])), ...(await log.append([bytes('a')]))];
      expect(new Set(offsets).size).toBe(3);
      expect((await log.read(0, ALL)).map(text)).toEqual(['a', 'a', 'a']);
    });

    test('tells its end while values come in and are read', async () => {
      const ROUNDS = 200;
      const writer = await open();
      let over = false;
      const writing = (async () => {
        for (let i = 0; !over; i++) {
          await writer.append([bytes(`${i}`)]);
          await turn();
        }
      })();
      let read = 0;
      const reading = (async () => {
        while (!over) {
          read = (await log.read(read, { ...ALL, waitMs: 100 })).at(-1)?.offset ?? read;
          await turn();
        }
      })();
      try {
        for (let round = 0; round < ROUNDS; round++) {
          const known = read;
          const asked = Array.from({ length: 5 }, () => log.bounds());
          // What answers while this process is busy is heard together with values that came later.
          await turn();
          const busyUntil = performance.now() + 5;
          while (performance.now() < busyUntil);
          for (const { end } of await Promise.all(asked)) expect(end).toBeGreaterThanOrEqual(known);
        }
      } finally {
        over = true;
        await Promise.all([writing, reading]);
      }
    });

    test('shows a value to other readers as soon as it is acknowledged', async () => {
      const reader = await open();
      for (let i = 0; i < 20; i++) {
        const [offset] = await log.append([bytes(`${i}`)]);
        expect((await reader.read(offset!, ALL)).map(text)).toEqual([`${i}`]);
      }
    });

    test('gathers concurrent callers, each with its own offsets', async () => {
      const calls = Array.from({ length: 300 }, (_, i) => [bytes(`${i}.0`), bytes(`${i}.1`)]);
      const offsets = await Promise.all(calls.map(values => log.append(values)));
      const stored = new Map((await log.read(0, ALL)).map(entry => [entry.offset, text(entry)]));
      expect(stored.size).toBe(600);
      offsets.forEach(([first, second], i) => {
        expect([stored.get(first!), stored.get(second!)]).toEqual([`${i}.0`, `${i}.1`]);
        expect(first).toBeLessThan(second!);
      });
    });

    test('takes two producers at once, and keeps the order of each', async () => {
      const other = await open();
      const produce = async (producer: Log, label: string) => {
        for (let i = 0; i < 50; i++) await producer.append([bytes(`${label}${i}`), bytes('same')]);
      };
      await Promise.all([produce(log, 'x'), produce(other, 'y')]);
      const values = (await log.read(0, ALL)).map(text);
      expect(values).toHaveLength(200);
      for (const label of ['x', 'y']) {
        const own = values.filter(value => value.startsWith(label));
        expect(own).toEqual(Array.from({ length: 50 }, (_, i) => `${label}${i}`));
      }
    });

    test('never shows a later value before an earlier one', async () => {
      const producers = [log, await open(), await open()];
      const reader = await open();
      const seen: number[] = [];
      const produced = Promise.all(
        producers.map(async producer => {
          for (let i = 0; i < 40; i++) await producer.append([bytes(`${i}`)]);
        }),
      );
      for (let next = 0; seen.length < 120; next = seen.at(-1)! + 1) {
        seen.push(...(await reader.read(next, { ...ALL, waitMs: 10_000 })).map(({ offset }) => offset));
      }
      await produced;
      expect((await reader.read(0, ALL)).map(({ offset }) => offset)).toEqual(seen);
    });

    test('keeps what it has over a restart', async () => {
      const offsets = await log.append([bytes('a'), bytes('b')]);
      await log.close();
      const reopened = await open();
      expect((await reopened.read(0, ALL)).map(text)).toEqual(['a', 'b']);
      const [next] = await reopened.append([bytes('c')]);
      expect(next).toBeGreaterThan(offsets[1]!);
    });

    test('tells its bounds', async () => {
      const { start, end } = await log.bounds();
      expect(start).toBe(end);
      const offsets = await log.append([bytes('a'), bytes('b')]);
      expect(await log.bounds()).toEqual({ start: offsets[0], end: offsets[1]! + 1 });
    });

    test('an append of nothing is done at once', async () => {
      expect(await log.append([])).toEqual([]);
    });

    describe('values', () => {
      test.each([
        ['empty', new Uint8Array(0)],
        ['any bytes', Uint8Array.from({ length: 256 }, (_, i) => i)],
        ['the largest', new Uint8Array(MAX_VALUE_BYTES).fill(0xa5)],
      ])('are kept as they are: %s', async (_, value) => {
        const [offset] = await log.append([value]);
        const [entry] = await log.read(offset!, ALL);
        expect(entry!.value).toBeInstanceOf(Uint8Array);
        expect(entry!.value).not.toBeInstanceOf(Buffer);
        expect(Buffer.compare(entry!.value, value)).toBe(0);
      });

      test('above the largest are refused, and nothing is appended', async () => {
        const append = log.append([bytes('a'), new Uint8Array(MAX_VALUE_BYTES + 1)]);
        await expect(append).rejects.toMatchObject({ code: 'value-too-large', retryable: false });
        await expect(log.append([new Uint8Array(MAX_VALUE_BYTES), bytes('a')])).rejects.toThrow(LogError);
        expect(await log.read(0, ALL)).toEqual([]);
      });
    });

    describe('read', () => {
      test('begins at the offset asked for', async () => {
        const offsets = await log.append(['a', 'b', 'c'].map(bytes));
        expect((await log.read(offsets[1]!, ALL)).map(text)).toEqual(['b', 'c']);
        expect(await log.read(offsets[2]! + 1, ALL)).toEqual([]);
      });

      test('keeps to its limits, and gives one entry however large', async () => {
        await log.append(['aaaa', 'bbbb', '', 'cccc'].map(bytes));
        const read = async (limit: object) => (await log.read(0, { ...ALL, ...limit })).map(text);
        expect(await read({ maxEntries: 2 })).toEqual(['aaaa', 'bbbb']);
        expect(await read({ maxBytes: 8 })).toEqual(['aaaa', 'bbbb', '']);
        expect(await read({ maxBytes: 7 })).toEqual(['aaaa']);
        expect(await read({ maxBytes: 1 })).toEqual(['aaaa']);
      });

      test('waits at the tail until something comes', async () => {
        const reader = await open();
        const { end } = await reader.bounds();
        const began = performance.now();
        const waiting = reader.read(end, { ...ALL, waitMs: 60_000 });
        await log.append([bytes('a')]);
        expect((await waiting).map(text)).toEqual(['a']);
        expect(performance.now() - began).toBeLessThan(5_000);
      });

      test('waits no longer than told', async () => {
        const began = performance.now();
        expect(await log.read(0, { ...ALL, waitMs: 50 })).toEqual([]);
        expect(performance.now() - began).toBeGreaterThan(45);
      });

      test('stops waiting when its signal aborts', async () => {
        const abort = new AbortController();
        const waiting = log.read(0, { ...ALL, waitMs: 60_000, signal: abort.signal });
        setTimeout(() => abort.abort(), 20);
        expect(await waiting).toEqual([]);
        expect(await log.read(0, { ...ALL, waitMs: 60_000, signal: abort.signal })).toEqual([]);
      });
    });

    describe('close', () => {
      const closed = { code: 'log-closed', retryable: false };

      test('ends readers that wait, and every later call', async () => {
        const waiting = expect(log.read(0, { ...ALL, waitMs: 60_000 })).rejects.toMatchObject(closed);
        await log.close();
        await waiting;
        await log.close();
        await expect(log.append([bytes('a')])).rejects.toMatchObject(closed);
        await expect(log.read(0, ALL)).rejects.toMatchObject(closed);
        await expect(log.bounds()).rejects.toMatchObject(closed);
      });

      test('lets the send in flight end and rejects what is queued', async () => {
        const first = log.append([bytes('first')]);
        // The first is on its way when the second comes.
        await new Promise(resolve => queueMicrotask(() => queueMicrotask(() => resolve(undefined))));
        const second = expect(log.append([bytes('second')])).rejects.toMatchObject(closed);
        await log.close();
        await second;
        const [offset] = await first;
        const entries = await (await open()).read(offset!, ALL);
        expect(entries.map(text)).toEqual(['first']);
      });
    });
  });
}
