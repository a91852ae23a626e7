// All Kafka brokers of a cluster: one, or three that replicate each topic.

import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { type BrokerNode, freeNode, KafkaBroker } from './kafka-broker.js';

/** More settings of a broker, by its place among all. */
type Properties = (node: BrokerNode, place: number) => Readonly<Record<string, string>>;

export class KafkaBrokers {
  private constructor(readonly all: readonly KafkaBroker[]) {}

  /** Starts so many below a folder; resolves when all listen. */
  static async start(folder: string, count: number, properties: Properties): Promise<KafkaBrokers> {
    const nodes: BrokerNode[] = [];
    for (let id = 1; id <= count; id++) nodes.push(await freeNode(id));
    const starting = nodes.map((node, place) => {
      const name = place === 0 ? 'kafka' : `kafka-${node.id}`;
      return KafkaBroker.start({
        folder: join(folder, name),
        node,
        nodes,
        properties: properties(node, place),
      });
    });
    const started = await Promise.allSettled(starting);
    const failed = started.find(result => result.status === 'rejected');
    const brokers = new KafkaBrokers(
      started.flatMap(each => (each.status === 'fulfilled' ? each.value : [])),
    );
    if (!failed) return brokers;
    await brokers.kill();
    throw failed.reason;
  }

  get first(): KafkaBroker {
    return this.all[0]!;
  }

  /** Where clients connect, `host:port,host:port`. */
  get addresses(): string {
    return this.all.map(({ address }) => address).join();
  }

  /** The broker that leads a topic's only partition; undefined while none does, or none of them can be asked. */
  async leaderOf(topic: string): Promise<KafkaBroker | undefined> {
    const kafka = new kafkajs.Kafka({
      brokers: this.addresses.split(','),
      logLevel: kafkajs.logLevel.NOTHING,
    });
    const admin = kafka.admin();
    try {
      await admin.connect();
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const leader = topics[0]?.partitions[0]?.leader;
      return this.all.find(({ id }) => id === leader);
    } catch {
      return undefined;
    } finally {
      await admin.disconnect();
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map(broker => broker.stop()));
  }

  async kill(): Promise<void> {
    await Promise.all(this.all.map(broker => broker.kill()));
  }

  async restart(): Promise<void> {
    await Promise.all(this.all.map(broker => broker.restart()));
  }
}
