/** All services apart, projector-targets in shards: killed, cut off and divided anew while the ledger lives on. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SERVICES } from '#host';
import { freshDatabase, query } from '../fixtures/fresh-database.js';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.js';
import { rowsOf } from '../fixtures/projecting.js';
import { Random } from '../fixtures/random.js';
import { randomBytes, randomEvent } from '../fixtures/random-history.js';
import { RunningServices } from '../fixtures/running-services.js';
import { upload } from '../fixtures/test-ledger.js';
import { seenRepository } from '../fixtures/verify-repository.js';

const STEPS = 30;
const BINS = 8;
const MAX_SHARDS = 5;

let postgres: TestPostgres;
let running: RunningServices | undefined;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterEach(async () => {
  await running?.close();
  running = undefined;
});
afterAll(() => postgres?.stop());

/** What the shards wrote; their progress apart, which says how they were divided. */
async function rowsOfTargets({ services }: RunningServices): Promise<Record<string, unknown[]>> {
  const { progress: _progress, ...rows } = await rowsOf(services.sources.targets);
  return rows;
}

/** Checks that what is published is, byte for byte, what a replay of the log gives, and that clients take it. */
async function expectReplayed(services: RunningServices): Promise<void> {
  await services.catchUp();
  const content = await services.content();
  for (const [name, bytes] of content) expect(services.published.files.get(name), name).toEqual(bytes);
  expect(seenRepository(content)?.timestamp).toBe(services.published.state?.state);
}

describe('all services apart, with projector-targets in shards', () => {
  it.each([1, 2, 8])('publish what one would (%i shards)', async shards => {
    running = await RunningServices.open(await freshDatabase(postgres), { bins: BINS, shards });
    const random = new Random(shards);
    for (let state = 0; state < 4; state++) {
      for (let i = 0; i < 5; i++) await running.say(...Array.from({ length: 4 }, () => randomEvent(random)));
      await running.publish();
      await expectReplayed(running);
    }
    expect(running.failures).toEqual([]);
    const rows = await running.services.sources.targets.query('SELECT position FROM progress');
    expect(rows).toHaveLength(shards);
  });

  it.each([1, 2, 3])('come to the rows of one, killed and divided anew on the way (life %i)', async seed => {
    running = await RunningServices.open(await freshDatabase(postgres), {
      bins: BINS,
      shards: 2,
      severable: true,
    });
    const random = new Random(seed);
    await running.publish();
    for (let step = 0; step < STEPS; step++) {
      await running.say(...Array.from({ length: 1 + random.below(4) }, () => randomEvent(random)));
      if (random.oneIn(4)) await running.log.append([randomBytes(random)]);
      if (random.oneIn(3)) await running.cut();
      if (random.oneIn(6)) running.disconnect();
      if (!random.oneIn(4)) continue;
      await new Promise(resolve => setTimeout(resolve, random.below(60)));
      if (random.oneIn(2)) await running.stop();
      else await running.kill();
      running.shards = 1 + random.below(MAX_SHARDS);
      await running.start();
    }
    await running.say(upload('six', 'last.whl'));
    await running.publish();
    await running.settled();
    await expectReplayed(running);
    const rows = await rowsOfTargets(running);
    await running.stop();
    for (const service of SERVICES) await query(running.ground.url, `DROP SCHEMA tuf_${service} CASCADE`);
    running.shards = 1;
    await running.start();
    await running.settled();
    expect(await rowsOfTargets(running)).toEqual(rows);
    expect(running.failures).toEqual([]);
  });
});
