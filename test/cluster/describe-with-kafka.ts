import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type BrokerNode, type BrokerOptions, freeNode, KafkaBroker } from './kafka-broker.js';
import { KAFKA_PREPARATION_LIMIT_MS, kafkaClassPath, whatKafkaLacks } from './kafka-programs.js';

/** Brokers for the tests of one suite. */
export interface Brokers {
  /** A broker on a new folder, ended after the suite; its properties may depend on its ports. */
  start(properties?: (node: BrokerNode) => Readonly<Record<string, string>>): Promise<KafkaBroker>;
}

/**
 * A suite that needs real brokers. Where the machine lacks what they need, the suite is skipped with a printed reason; with
 * CI=true it fails instead, so that a green CI run means that it has run.
 */
export function describeWithKafka(name: string, suite: (brokers: Brokers) => void): void {
  const missing = whatKafkaLacks();
  const title = `${name} [kafka]`;
  if (missing === undefined) {
    describe(title, () => {
      suite(brokersOfSuite());
    });
    return;
  }
  if (process.env.CI === 'true') {
    describe(title, () => {
      it('has its broker', () => {
        throw new Error(`${missing}. With CI=true that is a failure.`);
      });
    });
    return;
  }
  console.warn(`skipped: ${title}: ${missing}`);
  describe.skip(title, () => suite({ start: () => Promise.reject(new Error(missing)) }));
}

function brokersOfSuite(): Brokers {
  const started: { readonly broker: KafkaBroker; readonly folder: string }[] = [];
  beforeAll(async () => {
    await kafkaClassPath();
  }, KAFKA_PREPARATION_LIMIT_MS);
  afterAll(async () => {
    for (const { broker, folder } of started) {
      await broker.kill();
      await rm(folder, { recursive: true, force: true });
    }
  });
  return {
    start: async properties => {
      const folder = await mkdtemp(join(tmpdir(), 'tuf-ledger-kafka-'));
      const node = await freeNode();
      const options: BrokerOptions = { folder, node };
      const broker = await KafkaBroker.start(
        properties ? { ...options, properties: properties(node) } : options,
      );
      started.push({ broker, folder });
      return broker;
    },
  };
}
