// The topic of a log: how it is made, and what it must be for a log that is kept for ever and read alike by all.

import kafkajs, { type Admin } from 'kafkajs';
import { LogError } from './errors.js';
import { asKafkaError, KafkaClient, type KafkaSettings, typeOf } from './kafka-client.js';
import { MAX_VALUE_BYTES } from './log.js';

/** A batch of the appender with all that Kafka adds to it: 4,096 values of 32 bytes more, and the frame. */
const MAX_BATCH_BYTES = MAX_VALUE_BYTES + 192 * 1024;
/** Replicas of a topic that is made now, where the cluster has as many brokers; and how many must then have a value. */
const REPLICAS = 3;
const LEAST_IN_SYNC = 2;

/** What a setting must be, and why. */
interface Rule {
  readonly name: string;
  readonly value: string;
  readonly why: string;
  readonly holds: (value: string) => boolean;
}

const exactly = (name: string, value: string, why: string): Rule => ({
  name,
  value,
  why,
  holds: found => found === value,
});

const atLeast = (name: string, value: number, why: string): Rule => ({
  name,
  value: String(value),
  why,
  holds: found => Number(found) >= value,
});

const RULES: readonly Rule[] = [
  exactly('cleanup.policy', 'delete', 'a compacted log loses records'),
  exactly('retention.ms', '-1', 'the log is kept for ever'),
  exactly('retention.bytes', '-1', 'the log is kept for ever'),
  exactly('unclean.leader.election.enable', 'false', 'a replica that lags would lose acknowledged records'),
  // Else a producer that compresses as it likes would stop every reader that has no codec for it.
  exactly('compression.type', 'uncompressed', 'every reader must be able to read what any producer sends'),
  atLeast('max.message.bytes', MAX_BATCH_BYTES, 'the largest append must fit'),
];

const REPLICATED: readonly Rule[] = [
  atLeast('min.insync.replicas', LEAST_IN_SYNC, 'what is acknowledged must outlive a broker'),
];

/** Makes the topic of a new log; does nothing where there is one of that name. @throws LogError */
export async function createKafkaTopic(settings: KafkaSettings, topic: string): Promise<void> {
  await withAdmin(settings, `Making topic ${topic}`, async admin => {
    const { brokers } = await admin.describeCluster();
    const replicationFactor = Math.min(brokers.length, REPLICAS);
    const rules = replicationFactor < REPLICAS ? RULES : [...RULES, ...REPLICATED];
    const configEntries = rules.map(({ name, value }) => ({ name, value }));
    try {
      await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor, configEntries }] });
    } catch (error) {
      // Who may not make topics is told so before the broker looks whether this one is there.
      const [refusal] = (error as { errors?: readonly unknown[] }).errors ?? [error];
      if (!(await isThere(admin, topic))) throw refusal;
    }
  });
}

function isThere(admin: Admin, topic: string): Promise<boolean> {
  return admin.fetchTopicMetadata({ topics: [topic] }).then(
    () => true,
    () => false,
  );
}

/** @throws LogError `log-shape` that names every setting of the topic that is wrong, or says that there is no such topic. */
export async function checkKafkaTopic(settings: KafkaSettings, topic: string): Promise<void> {
  await withAdmin(settings, `Looking at topic ${topic}`, async admin => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] }).catch(error => {
      if (typeOf(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
      throw new LogError('log-shape', `There is no topic ${topic}. Open a ledger on it, or restore it.`);
    });
    const { partitions } = topics[0]!;
    const faults =
      partitions.length === 1
        ? []
        : [`it has ${partitions.length} partitions (must be 1: the order is the log)`];
    const isReplicated = partitions[0]!.replicas.length >= REPLICAS;
    faults.push(...(await faultsOf(admin, topic, isReplicated ? [...RULES, ...REPLICATED] : RULES)));
    if (faults.length > 0)
      throw new LogError('log-shape', `Topic ${topic} can't hold a log: ${faults.join('; ')}.`);
  });
}

async function faultsOf(admin: Admin, topic: string, rules: readonly Rule[]): Promise<string[]> {
  const configNames = rules.map(({ name }) => name);
  const { resources } = await admin.describeConfigs({
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames }],
    includeSynonyms: false,
  });
  const found = new Map(
    resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
  );
  return rules.flatMap(({ name, value, why, holds }) => {
    const is = found.get(name);
    return is === undefined || holds(is) ? [] : [`${name} is ${is} (must be ${value}: ${why})`];
  });
}

async function withAdmin(
  settings: KafkaSettings,
  doing: string,
  work: (admin: Admin) => Promise<void>,
): Promise<void> {
  const client = new KafkaClient(settings);
  const admin = client.kafka.admin();
  try {
    await admin.connect();
    await work(admin);
  } catch (error) {
    throw asKafkaError(error, doing);
  } finally {
    await admin.disconnect().catch(() => undefined);
    client.destroy();
  }
}
