import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, SERVICES, startEmbeddedPostgres } from '#host';
import { freePort } from '../fixtures/free-port.js';
import { rowsOf } from '../fixtures/projecting.js';
import { Random } from '../fixtures/random.js';
import { randomEvent } from '../fixtures/random-history.js';
import { RunningServices } from '../fixtures/running-services.js';
import { seenRepository } from '../fixtures/verify-repository.js';

let dataFolder: string;
let port: number;
let postgres: EmbeddedPostgres;
let services: RunningServices | undefined;

beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'tuf-ledger-'));
  port = await freePort();
  postgres = await startEmbeddedPostgres({ dataFolder, port, durable: false });
});
afterEach(async () => {
  await services?.close();
  await postgres?.stop();
  await rm(dataFolder, { recursive: true, force: true });
});

/** Kills the server without a chance to write what it holds in memory, and starts another one on the same data. */
async function crash(): Promise<void> {
  const [pid] = (await readFile(join(dataFolder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(pid), 'SIGKILL');
  await postgres.ended;
  await postgres.stop();
  postgres = await startEmbeddedPostgres({ dataFolder, port, durable: false });
}

describe('a crash of Postgres', () => {
  it('costs projections their last commits, and nothing that was acknowledged', async () => {
    services = await RunningServices.open(postgres.url, { bins: 4 });
    const random = new Random(7);
    await services.publish();
    for (let round = 0; round < 3; round++) {
      for (let step = 0; step < 5; step++) await services.say(randomEvent(random), randomEvent(random));
      const state = await services.cut();
      await crash();
      await services.publishedState(state);
    }
    await services.settled();
    const content = await services.content();
    for (const [name, bytes] of content) expect(services.published.files.get(name), name).toEqual(bytes);
    expect(seenRepository(content)?.timestamp).toBe(4);
    const rows = () => Promise.all(SERVICES.map(service => rowsOf(services!.services.sources[service])));
    const before = await rows();
    for (const service of SERVICES)
      await services.services.sources[service].query(`DROP SCHEMA tuf_${service} CASCADE`);
    await services.stop();
    await services.start();
    await services.settled();
    expect(await rows()).toEqual(before);
    expect(services.failures).toEqual([]);
  });
});
