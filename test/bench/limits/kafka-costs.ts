// What the log costs where it is a topic, in milliseconds of one: a bare producer and a bare consumer on a broker like the cluster's,
// on the same disk.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import kafkajs, { type Consumer, type Producer } from 'kafkajs';
import { freeNode, KafkaBroker } from '../../cluster/kafka-broker.js';
import { medianOf } from '../statistics.js';
import type { Workplace } from '../workplace.js';
import { FULL_BYTES, SMALL_BYTES } from './machine-costs.js';

const TOPIC = 'costs';
const ACKS_ALL = -1;
/** Rounds of appends of small and of full records, after as many that warm the broker up; the median counts. */
const ROUNDS = 100;
const FULL_ROUNDS = 20;
/** Full records of one send: about what one batch of the log holds. */
const BATCH = 16;

export async function kafkaCosts(folder: string, workplace: Workplace) {
  const node = await freeNode();
  const broker = await KafkaBroker.start({ folder: join(folder, 'kafka'), node });
  const stop = workplace.atEnd(() => broker.stop());
  const topic = await Topic.open(broker.address);
  try {
    await topic.appendCost([randomBytes(SMALL_BYTES)], ROUNDS);
    const append = await topic.appendCost([randomBytes(SMALL_BYTES)], ROUNDS);
    const full = Array.from({ length: BATCH }, () => randomBytes(FULL_BYTES));
    await topic.appendCost(full, FULL_ROUNDS);
    return { append, fullAppend: (await topic.appendCost(full, FULL_ROUNDS)) / BATCH };
  } finally {
    await topic.close();
    await stop();
  }
}

class Topic {
  private seen = -1;
  private onSeen: () => void = () => undefined;

  private constructor(
    private readonly producer: Producer,
    private readonly consumer: Consumer,
  ) {}

  static async open(address: string): Promise<Topic> {
    const kafka = new kafkajs.Kafka({ brokers: [address], logLevel: kafkajs.logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 1 }] });
    await admin.disconnect();
    const producer = kafka.producer({ maxInFlightRequests: 1 });
    await producer.connect();
    const topic = new Topic(producer, kafka.consumer({ groupId: TOPIC }));
    await topic.follow();
    return topic;
  }

  /** Milliseconds until these values are acknowledged and read back. */
  appendCost(values: readonly Buffer[], rounds: number): Promise<number> {
    const messages = values.map(value => ({ value, partition: 0 }));
    return medianOf(rounds, async () => {
      const [kept] = await this.producer.send({ topic: TOPIC, acks: ACKS_ALL, messages });
      const last = Number(kept!.baseOffset) + values.length - 1;
      while (this.seen < last) {
        await new Promise<void>(resolve => {
          this.onSeen = resolve;
        });
      }
    });
  }

  async close(): Promise<void> {
    await this.consumer.disconnect();
    await this.producer.disconnect();
  }

  private async follow(): Promise<void> {
    await this.consumer.connect();
    await this.consumer.subscribe({ topic: TOPIC, fromBeginning: true });
    await this.consumer.run({
      eachBatch: async ({ batch }) => {
        this.seen = Number(batch.lastOffset());
        this.onSeen();
      },
    });
  }
}
