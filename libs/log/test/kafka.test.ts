import { Kafka, logLevel } from 'kafkajs';
import { beforeAll, describe, expect, test } from 'vitest';
import { describeWithKafka } from '../../../test/cluster/describe-with-kafka.js';
import { createKafkaTopic, KafkaLog, type KafkaSettings } from '../src/index.js';
import { bytes, describeLog, text } from './log.contract.js';

const ALL = { maxBytes: 1e7, maxEntries: 1e5, waitMs: 0 };

describeWithKafka('KafkaLog', brokers => {
  let settings: KafkaSettings;
  let kafka: Kafka;
  let topics = 0;

  beforeAll(async () => {
    const broker = await brokers.start();
    settings = { brokers: [broker.address], clientId: 'test' };
    kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
  });

  async function newTopic(): Promise<string> {
    const topic = `topic-${topics++}`;
    await createKafkaTopic(settings, topic);
    return topic;
  }

  describeLog('Kafka', async () => {
    const topic = await newTopic();
    return { open: () => KafkaLog.open(settings, { topic }), dispose: async () => undefined };
  });

  describe('the topic', () => {
    const GOOD = { 'retention.ms': '-1', 'compression.type': 'uncompressed', 'max.message.bytes': '2000000' };

    async function refused(config: Record<string, string>, numPartitions = 1) {
      const topic = `topic-${topics++}`;
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
      const admin = kafka.admin();
      await admin.connect();
      await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }] });
      await admin.disconnect();
      return KafkaLog.open(settings, { topic }).then(
        async log => void (await log.close()),
        (error: Error & { code?: string }) => error,
      );
    }

    test('may have been made by somebody else, if it is fit for a log', async () => {
      expect(await refused(GOOD)).toBeUndefined();
    });

    test.each([
      ['compaction', { 'cleanup.policy': 'compact' }, 'cleanup.policy is compact'],
      ['compaction and deletion', { 'cleanup.policy': 'compact,delete' }, 'cleanup.policy is compact,delete'],
      ['expiry by time', { 'retention.ms': '604800000' }, 'retention.ms is 604800000'],
      ['expiry by size', { 'retention.bytes': '1000000' }, 'retention.bytes is 1000000'],
      [
        'unclean elections',
        { 'unclean.leader.election.enable': 'true' },
        'unclean.leader.election.enable is true',
      ],
      ["the producers' compression", { 'compression.type': 'producer' }, 'compression.type is producer'],
      ['small batches', { 'max.message.bytes': '1000000' }, 'max.message.bytes is 1000000'],
    ])('is refused with %s', async (_, config, fault) => {
      const error = await refused({ ...GOOD, ...config });
      expect(error).toMatchObject({ code: 'log-shape', message: expect.stringContaining(fault) });
    });

    test('is refused with several partitions, and all faults are told at once', async () => {
      const error = await refused({ 'cleanup.policy': 'compact' }, 3);
      expect(error?.message).toMatch(/3 partitions.*cleanup\.policy.*retention\.ms.*compression\.type/);
    });

    test('must be there', async () => {
      const missing = KafkaLog.open(settings, { topic: 'nobody-made-it' });
      await expect(missing).rejects.toMatchObject({ code: 'log-shape', retryable: false });
    });

    test('is made once, whoever comes first', async () => {
      const topic = `topic-${topics++}`;
      await Promise.all([1, 2, 3].map(() => createKafkaTopic(settings, topic)));
      const log = await KafkaLog.open(settings, { topic });
      expect(await log.bounds()).toEqual({ start: 0, end: 0 });
      await log.close();
    });
  });

  describe('with transactions of another producer', () => {
    test('its values are read as they come, aborted ones too, and the markers by nobody', async () => {
      const topic = await newTopic();
      const log = await KafkaLog.open(settings, { topic });
      const producer = kafka.producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true });
      await producer.connect();
      const say = async (value: string, end?: 'commit' | 'abort') => {
        const transaction = await producer.transaction();
        await transaction.send({ topic, acks: -1, messages: [{ value, partition: 0 }] });
        if (end) await transaction[end]();
        return transaction;
      };
      await say('committed', 'commit');
      await say('aborted', 'abort');
      const open = await say('open');
      // Nothing of ours waits for the end of that transaction, and the log's end lies behind it.
      const [offset] = await log.append([bytes('ours')]);
      expect((await log.bounds()).end).toBe(offset! + 1);
      expect((await log.read(0, ALL)).map(text)).toEqual(['committed', 'aborted', 'open', 'ours']);
      await open.abort();
      // The marker of its end becomes the log's last offset, and holds nothing.
      await expect.poll(async () => (await log.bounds()).end).toBe(offset! + 2);
      expect(await log.read(offset! + 1, ALL)).toEqual([]);
      await log.append([bytes('later')]);
      expect((await log.read(offset! + 1, { ...ALL, waitMs: 5_000 })).map(text)).toEqual(['later']);
      await producer.disconnect();
      await log.close();
    });

    test.each([
      ['a tombstone', null, ''],
      ['a key and headers', 'value', 'value'],
    ])('%s reads as a value', async (_, value, read) => {
      const topic = await newTopic();
      const producer = kafka.producer();
      await producer.connect();
      await producer.send({ topic, messages: [{ key: 'key', value, headers: { h: 'x' }, partition: 0 }] });
      await producer.disconnect();
      const log = await KafkaLog.open(settings, { topic });
      expect((await log.read(0, ALL)).map(text)).toEqual([read]);
      await log.close();
    });
  });
});
