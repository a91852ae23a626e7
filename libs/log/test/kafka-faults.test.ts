// A broker that goes away, comes back, or comes back with another log.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { describeWithKafka } from '../../../test/cluster/describe-with-kafka.js';
import type { KafkaBroker } from '../../../test/cluster/kafka-broker.js';
import { createKafkaTopic, KafkaLog, type KafkaSettings } from '../src/index.js';
import { bytes, text } from './log.contract.js';

const ALL = { maxBytes: 1e7, maxEntries: 1e5, waitMs: 0 };
const WAITING = { ...ALL, waitMs: 60_000 };

describeWithKafka('a broker that dies', brokers => {
  let broker: KafkaBroker;
  let settings: KafkaSettings;

  beforeAll(async () => {
    broker = await brokers.start();
    settings = { brokers: [broker.address], clientId: 'test', requestLimitMs: 3_000 };
  });

  test('is told to who waits, is waited for by who tries again, and has all that was acknowledged', async () => {
    const topic = 'restarted';
    await createKafkaTopic(settings, topic);
    const log = await KafkaLog.open(settings, { topic });
    await log.append([bytes('a')]);
    const waiting = expect(log.read(1, WAITING)).rejects.toMatchObject({
      code: 'log-unavailable',
      retryable: true,
    });
    // The request is on its way.
    await new Promise(resolve => setTimeout(resolve, 100));
    await broker.kill();
    await waiting;
    await expect(log.append([bytes('lost?')])).rejects.toMatchObject({ code: 'log-unavailable' });
    await expect(log.bounds()).rejects.toMatchObject({ code: 'log-unavailable', retryable: true });
    await broker.restart();
    await expect
      .poll(() => log.append([bytes('b')]).catch(() => undefined), { timeout: 60_000 })
      .toBeDefined();
    expect((await log.read(0, ALL)).map(text)).toEqual(['a', 'b']);
    await log.close();
  });

  test('tells a reader that was at the tail once, even if nothing was asked meanwhile', async () => {
    const topic = 'unnoticed';
    await createKafkaTopic(settings, topic);
    const log = await KafkaLog.open(settings, { topic });
    await log.append([bytes('a')]);
    expect((await log.read(0, WAITING)).map(text)).toEqual(['a']);
    await broker.kill();
    await broker.restart();
    await expect
      .poll(() => KafkaLog.open(settings, { topic }).then(other => other.append([bytes('b')])), {
        timeout: 60_000,
      })
      .toBeDefined();
    await expect(log.read(1, WAITING)).rejects.toMatchObject({ code: 'log-unavailable', retryable: true });
    expect((await log.read(1, WAITING)).map(text)).toEqual(['b']);
    await log.close();
  });

  test('is found out when it comes back without its last values', async () => {
    const topic = 'shortened';
    await createKafkaTopic(settings, topic);
    const log = await KafkaLog.open(settings, { topic });
    await log.append(['a', 'b', 'c'].map(bytes));
    expect(await log.read(0, WAITING)).toHaveLength(3);
    await broker.kill();
    await rm(join(broker.folder, 'data', `${topic}-0`), { recursive: true });
    await broker.restart();
    const forked = { code: 'log-forked', retryable: false };
    await expect.poll(() => log.bounds().catch(error => error.code), { timeout: 60_000 }).toBe('log-forked');
    await expect(log.read(3, ALL)).rejects.toMatchObject(forked);
    await log.close();
  });
});
