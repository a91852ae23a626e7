// Sending to a topic. The producer has one send in flight and no retries of its own: what a send that failed has left in the log is
// found out by reading (appender.ts).

import type { Producer } from 'kafkajs';
import type { Transport } from './appender.js';
import { asKafkaError, KafkaClient, type KafkaSettings } from './kafka-client.js';
import type { LogEntry } from './log.js';

/** Acknowledged by all replicas in sync. */
const ACKS_ALL = -1;
const PARTITION = 0;

interface Sender {
  readonly client: KafkaClient;
  readonly producer: Producer;
}

export class KafkaTransport implements Transport {
  #sender: Promise<Sender> | undefined;

  constructor(
    private readonly settings: KafkaSettings,
    private readonly topic: string,
    readonly readTail: (from: number) => Promise<readonly LogEntry[]>,
  ) {}

  async send(values: readonly Uint8Array[]): Promise<number | undefined> {
    try {
      this.#sender ??= connect(this.settings);
      const { producer } = await this.#sender;
      const messages = values.map(({ buffer, byteOffset, byteLength }) => ({
        partition: PARTITION,
        value: Buffer.from(buffer, byteOffset, byteLength),
      }));
      const [kept] = await producer.send({ topic: this.topic, acks: ACKS_ALL, messages });
      return kept?.baseOffset === undefined ? undefined : Number(kept.baseOffset);
    } catch (error) {
      throw asKafkaError(error, `Sending to topic ${this.topic}`);
    }
  }

  /** A request that the broker has received may still land; nothing of it is received any more after this. */
  async abandon(): Promise<void> {
    const sender = this.#sender;
    this.#sender = undefined;
    const connected = await sender?.catch(() => undefined);
    if (!connected) return;
    connected.client.destroy();
    await connected.producer.disconnect().catch(() => undefined);
  }
}

async function connect(settings: KafkaSettings): Promise<Sender> {
  const client = new KafkaClient(settings);
  const producer = client.kafka.producer({
    allowAutoTopicCreation: false,
    idempotent: false,
    maxInFlightRequests: 1,
    retry: { retries: 0 },
    createPartitioner: () => () => PARTITION,
  });
  try {
    await producer.connect();
    return { client, producer };
  } catch (error) {
    client.destroy();
    throw error;
  }
}
