// A short run of what `npm run faults` does for as long as one likes, with a new seed each time, which it prints.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWithClient } from '../../interop/describe-with-client.js';
import { describeWithKafka } from '../describe-with-kafka.js';
import { runFaults } from './fault-run.js';

const FAULTS = 8;
const SEED_BOUND = 1_000_000_000;
const LIMIT_MS = 900_000;

describeWithClient('python', 'a ledger on Kafka', () => {
  describeWithKafka('under faults', () => {
    it.each([1, 3] as const)(
      'loses nothing that was acknowledged, and shows nothing that is not right, with %i brokers',
      async brokers => {
        const seed = 1 + Math.floor(Math.random() * SEED_BOUND);
        const folder = await mkdtemp(join(tmpdir(), 'tuf-ledger-faults-'));
        const said: string[] = [];
        const say = (text: string) => void said.push(text);
        const options = { folder, seed, faults: FAULTS, bins: 16, brokers, long: false, say };
        const report = await runFaults(options).catch((error: Error) => {
          throw new Error(`Seed ${seed}: ${error.message}\n${said.join('\n')}`, { cause: error });
        });
        console.info(`faults: seed ${seed}: ${JSON.stringify(report)}`);
        await rm(folder, { recursive: true, force: true });
        expect(report.uploads.lost).toBe(0);
        expect(report.uploads.acknowledged).toBeGreaterThan(0);
        for (const { invalid, states } of Object.values(report.clients)) {
          expect(invalid).toBe(0);
          expect(states).toBeGreaterThan(1);
        }
        expect(Object.values(report.faults).reduce((sum, count) => sum + count, 0)).toBe(FAULTS);
      },
      LIMIT_MS,
    );
  });
});
