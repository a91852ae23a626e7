// A connection to the broker that leads the topic's partition, for reading.
//
// It uses kafkajs one layer beneath its consumer (docs/adr/0023), because the consumer hides what must not be hidden here: that a
// connection was lost and made again, that an offset asked for is beyond the log's end, and where the log's end is while another
// producer's transaction is open.

import Cluster, { type Broker, type FetchedMessage } from 'kafkajs/src/cluster/index.js';
import loggers from 'kafkajs/src/loggers/index.js';
import { LogError } from './errors.js';
import { asKafkaError, KafkaClient, type KafkaSettings, typeOf } from './kafka-client.js';
import type { LogBounds, LogEntry } from './log.js';

const PARTITION = 0;
/** All values, also those of transactions that are open or were aborted: every reader sees the same at all times. */
const READ_UNCOMMITTED = 0;
/** How long kafkajs trusts what it knows of the cluster, in milliseconds. An error makes an end of it sooner. */
const METADATA_AGE_MS = 300_000;
const NO_LEVEL = 0;

/** What one fetch gave. */
export interface Fetched {
  readonly entries: readonly LogEntry[];
  /** The offset to go on from; above `from` also where there was nothing but the broker's own markers. */
  readonly next: number;
}

export class KafkaLeader {
  private constructor(
    private readonly topic: string,
    private readonly client: KafkaClient,
    private readonly cluster: Cluster,
    private readonly broker: Broker,
  ) {}

  /** @throws LogError `log-unavailable`, `log-denied`, and `log-shape` where there is no such topic. */
  static async connect(settings: KafkaSettings, topic: string): Promise<KafkaLeader> {
    const client = new KafkaClient(settings);
    const cluster = new Cluster({
      ...client.config,
      logger: loggers.createLogger({ level: NO_LEVEL, logCreator: () => () => undefined }),
      metadataMaxAge: METADATA_AGE_MS,
      allowAutoTopicCreation: false,
      isolationLevel: READ_UNCOMMITTED,
    });
    try {
      await cluster.connect();
      await cluster.addTargetTopic(topic);
      const [leader] = Object.keys(cluster.findLeaderForPartitions(topic, [PARTITION]));
      if (leader === undefined) throw new LogError('log-unavailable', `Topic ${topic} has no leader now.`);
      return new KafkaLeader(topic, client, cluster, await cluster.findBroker({ nodeId: leader }));
    } catch (error) {
      client.destroy();
      if (typeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION')
        throw new LogError('log-unavailable', `There is no topic ${topic} now.`, { cause: error });
      throw asKafkaError(error, `Connecting to ${settings.brokers.join()} for topic ${topic}`);
    }
  }

  /** Whether it can no longer be used as if nothing had happened since it was made. */
  get isLost(): boolean {
    return this.client.isLost;
  }

  /**
   * Values from `from` on: one batch of the log at least if there is any, else about `maxBytes` of them. Waits up to `waitMs` where
   * there is nothing. Gives undefined where the log has no such offset and does not continue there.
   */
  async fetch(from: number, maxBytes: number, waitMs: number): Promise<Fetched | undefined> {
    const partitions = [{ partition: PARTITION, fetchOffset: String(from), maxBytes }];
    const request = {
      isolationLevel: READ_UNCOMMITTED,
      maxWaitTime: waitMs,
      minBytes: 1,
      maxBytes,
      topics: [{ topic: this.topic, partitions }],
    };
    try {
      const { responses } = await this.broker.fetch(request);
      return fetchedFrom(from, responses[0]?.partitions[0]?.messages ?? []);
    } catch (error) {
      if (typeOf(error) === 'OFFSET_OUT_OF_RANGE') return undefined;
      throw asKafkaError(error, `Reading topic ${this.topic}`);
    }
  }

  async bounds(): Promise<LogBounds> {
    const offset = async (fromBeginning: boolean) => {
      const wanted = { topic: this.topic, partitions: [{ partition: PARTITION }], fromBeginning };
      const [found] = await this.cluster.fetchTopicsOffset([wanted]);
      return Number(found!.partitions[0]!.offset);
    };
    try {
      const [start, end] = await Promise.all([offset(true), offset(false)]);
      return { start, end };
    } catch (error) {
      throw asKafkaError(error, `Asking for the end of topic ${this.topic}`);
    }
  }

  /** Breaks the connections off. */
  async close(): Promise<void> {
    this.client.destroy();
    await this.cluster.disconnect().catch(() => undefined);
  }
}

/** A batch may begin before the offset that was asked for, and end with the markers of transactions. */
function fetchedFrom(from: number, messages: readonly FetchedMessage[]): Fetched {
  const entries: LogEntry[] = [];
  let next = from;
  for (const { offset: text, value, isControlRecord } of messages) {
    const offset = Number(text);
    if (offset < from) continue;
    next = offset + 1;
    // A copy: the value is a part of all that was fetched, and would hold that in memory.
    if (!isControlRecord) entries.push({ offset, value: new Uint8Array(value ?? []) });
  }
  return { entries, next };
}
