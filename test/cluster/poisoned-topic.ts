// A ledger's topic with a producer that nobody has told what belongs there. Remembers what was put where, and what it must become.

import { randomBytes } from 'node:crypto';
import kafkajs, { type Kafka, type Message, type Producer, type Transaction } from 'kafkajs';
import { loadPublisherKey } from '#host';
import type { NoiseReason } from '#ledger';
import type { LogEntry } from '#log';
import { type Effects, Reader, Replay } from '#projection';
import { nativeCrypto } from '#signing';
import { codesOf, outcomesOf } from '../fixtures/outcomes.js';
import type { Cluster } from './cluster.js';
import { PoisonMaker, type PoisonValue, uploadOf } from './poison-values.js';
import { topicValues } from './topic-values.js';

const TOPIC = 'tuf-ledger';
const PROJECT = 'poison';
/** How long a request may take, in milliseconds: the broker unpacks and writes much at once. */
const REQUEST_MS = 60_000;
/** How long the broker leaves a transaction open, in milliseconds: longer than a test takes. */
const TRANSACTION_MS = 600_000;
/** What one batch takes, in bytes of values and in values. */
const BATCH_BYTES = 1_000_000;
const BATCH_VALUES = 500;
/** Most bytes of a value of a row. */
const ROW_VALUE_BYTES = 45_000;

/** How values are sent: plain by default, by a producer without transactions. */
export interface Sending {
  readonly compressed?: boolean;
  readonly within?: Transaction;
}

/** A value of the topic and what it must become. */
export interface Put extends PoisonValue {
  readonly offset: number;
}

/** What the values of a topic are to the pure fold, by their offsets. */
export interface FoldedTopic {
  readonly noise: ReadonlyMap<number, NoiseReason>;
  readonly records: ReadonlyMap<number, { readonly position: number; readonly codes: readonly string[] }>;
  /** In the order of the log. */
  readonly rejections: readonly Rejection[];
}

/** A rejected event, or one entry of a `signed` event. */
export interface Rejection {
  readonly position: number;
  readonly event: number;
  readonly entry?: number;
  readonly code: string;
}

export class PoisonedTopic {
  /** All that was put and is no good record, in the order of the log. */
  readonly put: Put[] = [];
  /** Where the records of uploads stand that were put straight to the topic, by the uploads' paths. */
  readonly uploads = new Map<string, number>();
  private readonly transacting: Producer[] = [];

  private constructor(
    private readonly cluster: Cluster,
    private readonly kafka: Kafka,
    private readonly producer: Producer,
    private readonly maker: PoisonMaker,
  ) {}

  /** Writes as the gateway's key, in a stream of its own. */
  static async of(cluster: Cluster): Promise<PoisonedTopic> {
    const kafka = new kafkajs.Kafka({
      brokers: [cluster.broker.address],
      logLevel: kafkajs.logLevel.NOTHING,
      requestTimeout: REQUEST_MS,
    });
    const producer = kafka.producer();
    await producer.connect();
    const { ledger } = (await cluster.ledger.read())!;
    const key = await loadPublisherKey(cluster.ledger.keys, 'gateway');
    return new PoisonedTopic(cluster, kafka, producer, new PoisonMaker(key, ledger, 'poison'));
  }

  /** Puts values in one batch; gives the offset of the first. */
  async send(
    values: readonly (Uint8Array | null)[],
    { compressed = false, within }: Sending = {},
  ): Promise<number> {
    const messages = values.map((value): Message => ({ value: value && Buffer.from(value), partition: 0 }));
    const { GZIP, None } = kafkajs.CompressionTypes;
    const compression = compressed ? GZIP : None;
    const [sent] = await (within ?? this.producer).send({ topic: TOPIC, messages, compression, acks: -1 });
    return Number(sent!.baseOffset);
  }

  /** Puts one of each kind; the large ones in batches of their own. */
  async poison(sending?: Sending): Promise<void> {
    const [opening, signatures] = await this.values();
    const each = await this.maker.all({ opening: opening!.value, record: signatures!.value });
    const isLarge = ({ value }: PoisonValue) => (value?.length ?? 0) > BATCH_BYTES / 2;
    for (const large of each.filter(isLarge)) await this.putAll([large], sending);
    const small = each.filter(one => !isLarge(one));
    await this.putAll(small, sending);
  }

  /** Puts the record of an upload, as a backend does that has a key. */
  async upload(filename: string, sending?: Sending): Promise<void> {
    const value = await this.maker.record([uploadOf(PROJECT, filename)]);
    this.uploads.set(`${PROJECT}/${filename}`, await this.send([value], sending));
  }

  /** Puts random bytes of all lengths up to ROW_VALUE_BYTES, `count` values of them with nothing of ours between; gives their bytes. */
  async row(count: number): Promise<number> {
    const junk = randomBytes(2 * ROW_VALUE_BYTES);
    let all = 0;
    let batch: PoisonValue[] = [];
    let bytes = 0;
    const flush = async () => {
      await this.putAll(batch);
      all += bytes;
      batch = [];
      bytes = 0;
    };
    for (let i = 0; i < count; i++) {
      const from = i % ROW_VALUE_BYTES;
      const value = junk.subarray(from, from + 1 + ((i * 7_919) % ROW_VALUE_BYTES));
      if (bytes + value.length > BATCH_BYTES || batch.length === BATCH_VALUES) await flush();
      batch.push({ name: 'one of a row', value, becomes: 'envelope' });
      bytes += value.length;
    }
    await flush();
    return all;
  }

  /** Begins a transaction by a producer of its own. */
  async begin(name: string): Promise<Transaction> {
    const producer = this.kafka.producer({
      transactionalId: name,
      transactionTimeout: TRANSACTION_MS,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    this.transacting.push(producer);
    return producer.transaction();
  }

  /** All values of the topic. */
  values(): Promise<LogEntry[]> {
    return topicValues(this.cluster.broker.address, TOPIC);
  }

  async folded(): Promise<FoldedTopic> {
    const { ledger } = (await this.cluster.ledger.read())!;
    const [reader, replay] = [Reader.begin(ledger, nativeCrypto), new Replay(ledger, nativeCrypto)];
    const noise = new Map<number, NoiseReason>();
    const rejections: Rejection[] = [];
    const records = new Map<number, { position: number; codes: readonly string[] }>();
    for (const { offset, value } of await this.values()) {
      const read = reader.next(value);
      const effects = replay.next(value);
      if ('noise' in read) noise.set(offset, read.noise);
      else records.set(offset, { position: read.step.position, codes: codesOf(effects!) });
      if (effects) rejections.push(...rejectionsOf(effects));
    }
    return { noise, records, rejections };
  }

  async close(): Promise<void> {
    await Promise.all([this.producer, ...this.transacting].map(producer => producer.disconnect()));
  }

  private async putAll(values: readonly PoisonValue[], sending?: Sending): Promise<void> {
    const first = await this.send(
      values.map(({ value }) => value),
      sending,
    );
    this.put.push(...values.map((value, i) => ({ ...value, offset: first + i })));
  }
}

function rejectionsOf(effects: Effects): Rejection[] {
  return outcomesOf(effects).flatMap(outcome => {
    const { position, event, entry, verdict } = outcome;
    if (verdict.result !== 'rejected') return [];
    return [{ position, event, ...(entry !== undefined && { entry }), code: verdict.rejection.code }];
  });
}
