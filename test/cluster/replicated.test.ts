// A topic with three replicas, of which the leader dies while values are appended.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKafkaTopic, KafkaLog, type KafkaSettings, type LogEntry } from '#log';
import { describeWithKafka } from './describe-with-kafka.js';
import { KafkaBrokers } from './kafka-brokers.js';

const TOPIC = 'replicated';
const KILLS = 2;
/** How long a new leader may take, in milliseconds. */
const LIMIT_MS = 300_000;
const ALL = { maxBytes: 1e8, maxEntries: 1e6 };

describeWithKafka('three brokers', () => {
  let folder: string;
  let brokers: KafkaBrokers | undefined;
  let settings: KafkaSettings;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tuf-ledger-replicated-'));
    brokers = await KafkaBrokers.start(folder, 3, () => ({}));
    settings = { brokers: brokers.addresses.split(','), clientId: 'test', requestLimitMs: 5_000 };
  }, LIMIT_MS);

  afterAll(async () => {
    await brokers?.kill();
    await rm(folder, { recursive: true, force: true });
  });

  it(
    'lose nothing that was acknowledged when the leader dies, again and again, and a reader misses nothing',
    async () => {
      await createKafkaTopic(settings, TOPIC);
      const log = await KafkaLog.open(settings, { topic: TOPIC });
      const acknowledged: string[] = [];
      let over = false;
      const appending = (async () => {
        for (let i = 0; !over; i++) {
          const value = `value-${i}`;
          const bytes = new TextEncoder().encode(value);
          while (!(await log.append([bytes]).catch(() => undefined))) await pause();
          acknowledged.push(value);
        }
      })();
      const seen: LogEntry[] = [];
      const reader = await KafkaLog.open(settings, { topic: TOPIC });
      const reading = (async () => {
        while (!over || seen.length < acknowledged.length) {
          const from = seen.length === 0 ? 0 : seen.at(-1)!.offset + 1;
          seen.push(...(await reader.read(from, { ...ALL, waitMs: 500 }).catch(() => [])));
        }
      })();
      for (let kill = 0; kill < KILLS; kill++) {
        const before = acknowledged.length;
        await expect.poll(() => acknowledged.length, { timeout: LIMIT_MS }).toBeGreaterThan(before + 20);
        const dying = (await brokers!.leaderOf(TOPIC))!;
        await dying.kill();
        const then = acknowledged.length;
        // The other two go on without it.
        await expect.poll(() => acknowledged.length, { timeout: LIMIT_MS }).toBeGreaterThan(then + 20);
        await dying.restart();
      }
      over = true;
      await Promise.all([appending, reading]);
      const held = seen.map(({ value }) => new TextDecoder().decode(value));
      // A request that the broker took and could not answer may stand there twice; never in another order, and never not at all.
      expect(held.filter((value, i) => held.indexOf(value) === i)).toEqual(acknowledged);
      await Promise.all([log.close(), reader.close()]);
    },
    LIMIT_MS,
  );
});

function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 50));
}
