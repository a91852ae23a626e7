// DESIGN law 5: "acknowledged" means "read back". Answers to appends are lost, or answers held up, between the broker and its client, and every value
// that was acknowledged must stand in the log, once, in order. kafkajs's own producer, idempotent as it may be, does not keep that.

import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeWithKafka } from '../../../test/cluster/describe-with-kafka.js';
import { KafkaProxy } from '../../../test/cluster/kafka-proxy.js';
import { freePort } from '../../../test/fixtures/free-port.js';
import { createKafkaTopic, KafkaLog, type KafkaSettings } from '../src/index.js';
import { bytes, text } from './log.contract.js';

const ALL = { maxBytes: 1e7, maxEntries: 1e5, waitMs: 0 };
/** How long the client waits for an answer, in milliseconds. */
const REQUEST_LIMIT_MS = 700;
const HOST = '127.0.0.1';

/** Two callers: one send can follow on another before that one's answer is missed. */
const CALLERS = ['x', 'y'];
const valuesOf = (caller: string) => [`${caller}0`, `${caller}1`, `${caller}2`];

/** One that appends a value and resolves when it is acknowledged. */
type Append = (value: string) => Promise<unknown>;

describeWithKafka('lost responses', brokers => {
  let proxy: KafkaProxy;
  let direct: KafkaSettings;
  let through: KafkaSettings;
  let topic: string;
  let topics = 0;

  beforeAll(async () => {
    // Clients that come by the second listener are told the proxy's port.
    const [inner, outer] = [await freePort(), await freePort()];
    const broker = await brokers.start(({ port, controllerPort }) => ({
      listeners: `PLAINTEXT://${HOST}:${port},PROXIED://${HOST}:${inner},CONTROLLER://${HOST}:${controllerPort}`,
      'advertised.listeners': `PLAINTEXT://${HOST}:${port},PROXIED://${HOST}:${outer}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT',
    }));
    proxy = await KafkaProxy.open(outer, inner);
    direct = { brokers: [broker.address], clientId: 'direct' };
    through = { brokers: [proxy.address], clientId: 'through', requestLimitMs: REQUEST_LIMIT_MS };
  });

  afterAll(() => proxy?.close());

  beforeEach(async () => {
    topic = `lost-${topics++}`;
    await createKafkaTopic(direct, topic);
  });

  /** What the log holds at the end, and what was acknowledged before, when `swallow` answers in a row are lost. */
  async function lose(swallow: number, append: Append): Promise<{ held: string[]; acknowledged: string[] }> {
    const acknowledged: string[] = [];
    const say = (value: string) =>
      append(value).then(
        () => acknowledged.push(value),
        () => undefined,
      );
    await say('first');
    proxy.swallow = swallow;
    await Promise.all(
      CALLERS.map(async caller => {
        for (const value of valuesOf(caller)) await say(value);
      }),
    );
    await say('last');
    const log = await KafkaLog.open(direct, { topic });
    const held = (await log.read(0, ALL)).map(text);
    await log.close();
    return { held, acknowledged };
  }

  test.each([1, 2])('are no loss, and no second copy, where %i in a row are lost', async swallow => {
    const log = await KafkaLog.open(through, { topic });
    const { held, acknowledged } = await lose(swallow, value => log.append([bytes(value)]));
    await log.close();
    expect(proxy.swallow).toBe(0);
    expect(acknowledged).toHaveLength(8);
    expect([...held].sort()).toEqual([...acknowledged].sort());
    for (const caller of CALLERS)
      expect(held.filter(value => value.startsWith(caller))).toEqual(valuesOf(caller));
    expect([held[0], held.at(-1)]).toEqual(['first', 'last']);
  });

  test('are a loss with an idempotent producer that has two sends in flight: this test can fail', async () => {
    const kafka = new Kafka({
      brokers: [proxy.address],
      clientId: 'plain',
      requestTimeout: REQUEST_LIMIT_MS,
      retry: { initialRetryTime: 50, retries: 5 },
      logLevel: logLevel.NOTHING,
    });
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 2 });
    await producer.connect();
    const append: Append = value => producer.send({ topic, acks: -1, messages: [{ value, partition: 0 }] });
    const { held, acknowledged } = await lose(1, append);
    await producer.disconnect();
    expect([...held].sort()).not.toEqual([...acknowledged].sort());
  });

  test('an end of the log that is told late is no sign that it got shorter', async () => {
    const log = await KafkaLog.open(through, { topic });
    await log.append([bytes('a')]);
    expect(await log.bounds()).toEqual({ start: 0, end: 1 });
    proxy.lateBoundsMs = 300;
    const asked = log.bounds();
    const waiting = log.read(1, { ...ALL, waitMs: 5_000 });
    // By another connection, or the answer would hold up the read that finds it.
    const other = await KafkaLog.open(direct, { topic });
    await new Promise(resolve => setTimeout(resolve, 100));
    await other.append([bytes('b')]);
    expect((await waiting).map(text)).toEqual(['b']);
    expect(await asked).toEqual({ start: 0, end: 1 });
    proxy.lateBoundsMs = 0;
    expect(await log.bounds()).toEqual({ start: 0, end: 2 });
    await Promise.all([log.close(), other.close()]);
  });
});
