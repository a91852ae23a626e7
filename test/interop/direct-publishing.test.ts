/** The programs in examples/ append to a ledger's topic by themselves; the pure fold says what became of every event. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Environment } from '#apps/cli/src/environment';
import { readSources } from '#apps/cli/src/sources';
import {
  decodeEnvelope,
  decodePayload,
  eventJson,
  MAX_VALUE_BYTES,
  type Payload,
  type RawEvent,
} from '#ledger';
import { createKafkaTopic, KafkaLog, type KafkaSettings, type LogEntry } from '#log';
import { Reader, Replay } from '#projection';
import { nativeCrypto } from '#signing';
import { fromUtf8 } from '#tuf';
import { describeWithKafka } from '../cluster/describe-with-kafka.js';
import type { KafkaBroker } from '../cluster/kafka-broker.js';
import { codesOf } from '../fixtures/outcomes.js';
import { TestLedger } from '../fixtures/test-ledger.js';
import { describeWithPrograms } from './describe-with-client.js';
import {
  jsonLines,
  PublisherProgram,
  type PublisherRun,
  type PublishingTarget,
  type SentRecord,
} from './publisher-program.js';
import { CLIENT_KINDS, type ClientKind, publisherCommand } from './toolchain.js';

const PAGES = fileURLToPath(new URL('../data/pep691/', import.meta.url));
/** Which projects each program tells of: some hundreds of files each. */
const PROJECTS: Record<ClientKind, readonly string[]> = {
  python: ['attrs', 'click', 'flask', 'requests'],
  go: ['jinja2', 'securesystemslib', 'six', 'tuf', 'urllib3'],
};
/** Every so many files one is yanked for a reason that is not ASCII. */
const YANKED = 5;
const REASON = 'Größe falsch: 解説 "siehe" \\ 🎉';
const EVENTS_PER_RECORD = 20;
/** When it is killed; far from the end, which is beyond 25. */
const RECORDS_BEFORE_KILL = 8;
/** Long enough for a program to have sent its next record to a broker that does not answer, in milliseconds. */
const SENT_MS = 1_000;

async function eventsOf(kind: ClientKind): Promise<RawEvent[]> {
  const files = PROJECTS[kind].map(project => `${PAGES}${project}.json.gz`);
  const pages = await readSources(files, {} as Environment);
  return pages
    .flatMap(page => page.files)
    .flatMap(({ upload, yank }, index) => {
      const { project, filename } = upload;
      const made = { type: 'file.yanked', project: project!, filename: filename!, reason: REASON } as const;
      return yank ? [upload, yank] : index % YANKED === 0 ? [upload, made] : [upload];
    })
    .map(eventJson);
}

/** It has ended well; what it said beside is what its Kafka client logs. */
async function expectDone(run: PublisherRun): Promise<void> {
  expect(await run.exitCode(), run.said).toBe(0);
}

/** A value of the log that is no record. */
interface Repetition {
  readonly reason: string;
  /** Whether an earlier value is the same, byte for byte. */
  readonly seen: boolean;
}

/** What a log says, by the pure fold. */
interface Told {
  readonly records: readonly {
    readonly value: Uint8Array;
    readonly offset: number;
    readonly payload: Payload;
    readonly publisher: string | undefined;
    readonly codes: readonly string[];
  }[];
  readonly noise: readonly Repetition[];
}

function fold(ledger: string, entries: readonly LogEntry[]): Told {
  const replay = new Replay(ledger, nativeCrypto);
  const reader = Reader.begin(ledger, nativeCrypto);
  const seen = new Set<string>();
  const records: Told['records'][number][] = [];
  const noise: Repetition[] = [];
  for (const { offset, value } of entries) {
    const effects = replay.next(value);
    const read = reader.next(value);
    const text = fromUtf8(value);
    if ('noise' in read) noise.push({ reason: read.noise, seen: seen.has(text) });
    else {
      const { author } = read.step;
      const publisher = 'publisher' in author ? author.publisher : undefined;
      records.push({ value, offset, payload: payloadOf(value), publisher, codes: codesOf(effects!) });
    }
    seen.add(text);
  }
  return { records, noise };
}

function payloadOf(value: Uint8Array): Payload {
  return decodePayload(decodeEnvelope(value)!.payload)!;
}

describeWithPrograms(CLIENT_KINDS, 'publishing straight to the topic', publisherCommand, () => {
  const programs = {} as Record<ClientKind, PublisherProgram>;

  async function freshPrograms(): Promise<void> {
    for (const kind of CLIENT_KINDS) {
      const program = await PublisherProgram.make(kind);
      onTestFinished(() => program.remove());
      programs[kind] = program;
    }
  }

  describeWithKafka('with a broker', brokers => {
    let broker: KafkaBroker;
    let settings: KafkaSettings;
    let topics = 0;

    beforeAll(async () => {
      broker = await brokers.start();
      settings = { brokers: [broker.address], clientId: 'test' };
    });

    /** A ledger on a topic of its own, where the programs' keys are enrolled. */
    async function openLedger(): Promise<PublishingTarget> {
      const topic = `ledger-${topics++}`;
      await createKafkaTopic(settings, topic);
      const ledger = new TestLedger({ crypto: nativeCrypto }).open();
      const enrolled = CLIENT_KINDS.map(
        kind =>
          ({
            type: 'publisher.enrolled',
            key: programs[kind].key.key,
            permissions: { index: ['*'] },
          }) as const,
      );
      const log = await KafkaLog.open(settings, { topic });
      await log.append([...ledger.values, ledger.record(ledger.administrators, enrolled)]);
      await log.close();
      return { brokers: broker.address, topic, ledger: ledger.ledger };
    }

    async function entriesOf({ topic }: PublishingTarget): Promise<LogEntry[]> {
      const log = await KafkaLog.open(settings, { topic });
      const entries: LogEntry[] = [];
      for (let from = 0; ; from = entries.at(-1)!.offset + 1) {
        const more = await log.read(from, { maxBytes: 1e7, maxEntries: 1e5, waitMs: 0 });
        if (more.length === 0) break;
        entries.push(...more);
      }
      await log.close();
      return entries;
    }

    const saidBy = ({ records }: Told, kind: ClientKind) =>
      records.filter(({ publisher }) => publisher === programs[kind].key.keyid);

    /** Every record that was told of stands at its offset. */
    function expectPlaced(entries: readonly LogEntry[], sent: readonly SentRecord[]): void {
      const values = new Map(entries.map(({ offset, value }) => [offset, value]));
      for (const { offset, seq } of sent) expect(payloadOf(values.get(offset)!).seq).toBe(seq);
    }

    it.each(CLIENT_KINDS)('both at once, %s killed and run again: all is applied once', async killed => {
      await freshPrograms();
      const target = await openLedger();
      const other: ClientKind = killed === 'python' ? 'go' : 'python';
      const events = { python: await eventsOf('python'), go: await eventsOf('go') };
      const args = ['--events-per-record', String(EVENTS_PER_RECORD)];
      const start = (kind: ClientKind, ...more: string[]) =>
        programs[kind].start(target, jsonLines(events[kind]), ...args, ...more);

      const [first, beside] = await Promise.all([start(killed, '--begin'), start(other, '--begin')]);
      await first.hasSent(RECORDS_BEFORE_KILL);
      // The broker has the next record and can't say so: nobody knows whether it is in the log.
      process.kill(broker.pid, 'SIGSTOP');
      await new Promise(resolve => setTimeout(resolve, SENT_MS));
      await first.kill();
      process.kill(broker.pid, 'SIGCONT');
      expect(JSON.parse(await readFile(programs[killed].sequenceFile, 'utf8')).unconfirmed).toBeTruthy();
      const again = await start(killed);
      await expectDone(again);
      await expectDone(beside);

      const entries = await entriesOf(target);
      const told = fold(target.ledger, entries);
      expect(told.noise).toEqual([{ reason: 'sequence', seen: true }]);
      expect(saidBy(told, other).flatMap(({ payload }) => payload.events)).toEqual(events[other]);
      expect(new Set(saidBy(told, other).flatMap(({ codes }) => codes))).toEqual(new Set(['applied']));

      const said = saidBy(told, killed);
      const all = said.flatMap(({ payload }) => payload.events);
      const twice = all.length - events[killed].length;
      expect(twice).toBeGreaterThanOrEqual(RECORDS_BEFORE_KILL * EVENTS_PER_RECORD);
      expect(twice).toBeLessThan(events[killed].length);
      expect(all).toEqual([...events[killed].slice(0, twice), ...events[killed]]);
      expect(said.flatMap(({ codes }) => codes)).toEqual([
        ...Array(twice).fill('applied'),
        ...Array(twice).fill('unchanged'),
        ...Array(events[killed].length - twice).fill('applied'),
      ]);
      expectPlaced(entries, [...first.sent, ...again.sent, ...beside.sent]);
      expect(new Set(beside.sent.map(({ offset }) => offset)).size).toBe(saidBy(told, other).length);
    });

    it('both outlast a broker that dies and comes back', async () => {
      await freshPrograms();
      const target = await openLedger();
      const runs = await Promise.all(
        CLIENT_KINDS.map(async kind => {
          const lines = jsonLines(await eventsOf(kind));
          return programs[kind].start(target, lines, '--begin', '--events-per-record', '5');
        }),
      );
      await Promise.all(runs.map(run => run.hasSent(RECORDS_BEFORE_KILL)));
      await broker.kill();
      await broker.restart();
      for (const run of runs) await expectDone(run);

      const told = fold(target.ledger, await entriesOf(target));
      for (const kind of CLIENT_KINDS) {
        const said = saidBy(told, kind);
        expect(said.flatMap(({ payload }) => payload.events)).toEqual(await eventsOf(kind));
        expect(new Set(said.flatMap(({ codes }) => codes))).toEqual(new Set(['applied']));
      }
      for (const noise of told.noise) expect(noise).toEqual({ reason: 'sequence', seen: true });
    });

    it.each(CLIENT_KINDS)('%s fills records to their bounds', async kind => {
      await freshPrograms();
      const target = await openLedger();
      const large = await eventsOf(kind);
      const small = Array.from({ length: 1_001 }, () => ({ type: 'project.removed', project: 'p' }));
      const run = await programs[kind].start(target, jsonLines(large), '--begin');
      await expectDone(run);
      const next = await programs[kind].start(target, jsonLines(small));
      await expectDone(next);

      const told = fold(target.ledger, await entriesOf(target));
      const said = saidBy(told, kind);
      expect(told.noise).toEqual([]);
      expect(said.map(({ offset, payload: { seq } }) => ({ offset, seq }))).toEqual([
        ...run.sent,
        ...next.sent,
      ]);
      expect(next.sent).toHaveLength(2);
      const sizes = said.slice(0, run.sent.length).map(({ value }) => value.length);
      expect(sizes.length).toBeGreaterThan(2);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_VALUE_BYTES);
      expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(0.95 * MAX_VALUE_BYTES);
      expect(said.slice(run.sent.length).map(({ payload }) => payload.events.length)).toEqual([1_000, 1]);
    });
  });

  describe('what would be noise', () => {
    const nowhere = { brokers: '127.0.0.1:1', topic: 'none', ledger: '0'.repeat(64) };
    const GOOD = '{"type":"file.yanked","project":"p","filename":"f"}\n';
    const event = (value: string) => `{"type":"file.yanked","reason":${value}}`;
    const nested = (levels: number) => event('['.repeat(levels) + ']'.repeat(levels));

    it.each([
      ['no JSON', 'x', 'not JSON'],
      ['half an object', '{"type":"a"', 'not JSON'],
      ['two events on a line', '{"type":"a"}{"type":"b"}', 'not JSON'],
      ['another thing than an object', '["type"]', 'an object with a string "type"'],
      ['no type', '{"project":"p"}', 'an object with a string "type"'],
      ['a field twice', '{"type":"a","type":"a"}', 'a field that stands twice'],
      ['a control character', event('"a\\u0007b"'), 'the control character U+0007'],
      ['a control character of Latin-1', event('"a\\u0085b"'), 'the control character U+0085'],
      ["a control character in a field's name", '{"type":"a","\\u0000":1}', 'the control character U+0000'],
      ['text that is not NFC', event('"e\\u0301"'), 'not in normal form C'],
      ['half of a surrogate pair', event('"\\ud83c"'), 'broken text'],
      ['an integer that is too large', event('9007199254740992'), '9007199254740992 is no integer from'],
      ['an integer that is too small', event('-9007199254740992'), '-9007199254740992 is no integer from'],
      ['a fraction', event('1.0'), '1.0 is no integer from'],
      ['an exponent', event('1e2'), 'is no integer from'],
      ['31 levels', nested(30), 'more than 30 levels'],
      ['100,000 levels', nested(100_000), 'more than 30 levels'],
      ['an event above a record', event(`"${'x'.repeat(50_000)}"`), 'fits no record'],
    ])('is refused by both, and nothing is sent: %s', async (_, line, words) => {
      await freshPrograms();
      for (const kind of CLIENT_KINDS) {
        const run = await programs[kind].start(nowhere, `${GOOD}${line}\n`, '--begin');
        expect([await run.exitCode(), kind, run.said]).toEqual([2, kind, expect.stringContaining(words)]);
        expect(run.said).toContain('nothing was sent');
        expect(run.sent).toEqual([]);
      }
    });

    it('is told of bytes that are not UTF-8 too, with the line', async () => {
      await freshPrograms();
      for (const kind of CLIENT_KINDS) {
        const bytes = Buffer.concat([Buffer.from(`${GOOD}\n`), Buffer.from([0x22, 0xff, 0x22])]);
        const run = await programs[kind].start(nowhere, bytes, '--begin');
        expect([await run.exitCode(), run.said]).toEqual([
          2,
          'line 3: the text is not UTF-8; nothing was sent\n',
        ]);
      }
    });

    it('is not made by a sequence that begins again', async () => {
      await freshPrograms();
      for (const kind of CLIENT_KINDS) {
        const start = async (...args: string[]) => {
          const run = await programs[kind].start(nowhere, '', ...args);
          return [await run.exitCode(), run.said];
        };
        expect(await start()).toEqual([1, expect.stringContaining('is missing: give --begin')]);
        expect(await start('--begin')).toEqual([0, '']);
        expect(await start()).toEqual([0, '']);
        expect(await start('--begin')).toEqual([1, expect.stringContaining('exists: leave out --begin')]);
        expect(await start('--stream', 'other')).toEqual([1, expect.stringContaining('counts for another')]);
      }
    });
  });
});
