import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FolderFiles, MemoryFiles } from '#files';
import { SERVICES, type ServiceName } from '#host';
import { freshDatabase, query } from '../fixtures/fresh-database.js';
import { codeOf } from '../fixtures/outcomes.js';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.js';
import { rowsOf } from '../fixtures/projecting.js';
import { Random } from '../fixtures/random.js';
import { randomBytes, randomEvent } from '../fixtures/random-history.js';
import { RunningServices } from '../fixtures/running-services.js';
import { upload } from '../fixtures/test-ledger.js';
import { seenRepository } from '../fixtures/verify-repository.js';

const STEPS = 40;
/** What may become of a signature by the signer. */
const SIGNED = ['applied', 'unchanged', 'draft-dead'];

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

async function open(...[options]: [Parameters<typeof RunningServices.open>[1]?]): Promise<RunningServices> {
  running = await RunningServices.open(await freshDatabase(postgres), options);
  return running;
}

/** Every row of every projection. */
async function allRows({ services }: RunningServices): Promise<Record<string, unknown>> {
  const rows: Record<string, unknown> = {};
  for (const service of SERVICES) rows[service] = await rowsOf(services.sources[service as ServiceName]);
  return rows;
}

/** Checks that every file of the metadata store is, byte for byte, what a replay of the log gives, and that clients take it. */
async function expectReplayed(services: RunningServices): Promise<Map<string, Uint8Array>> {
  await services.catchUp();
  const content = await services.content();
  for (const [name, bytes] of content) expect(services.published.files.get(name), name).toEqual(bytes);
  const seen = seenRepository(content);
  expect(seen?.timestamp).toBe(services.published.state?.state);
  return content;
}

/** Says something random to the ledger; what happens to the services besides is up to `disturb`. */
async function live(
  services: RunningServices,
  random: Random,
  disturb: (random: Random) => Promise<void> = async () => undefined,
): Promise<void> {
  await services.publish();
  for (let step = 0; step < STEPS; step++) {
    const events = Array.from({ length: 1 + random.below(4) }, () => randomEvent(random));
    await services.say(...events);
    if (random.oneIn(4)) await services.log.append([randomBytes(random)]);
    if (random.oneIn(6)) await services.command({ type: 'path.released', path: 'six/a.whl' });
    if (random.oneIn(3)) await services.cut();
    await disturb(random);
  }
  await services.publish();
  await services.settled();
}

describe('all services over one log', () => {
  it('publish an upload, byte for byte what a replay of the log gives', async () => {
    const services = await open();
    await services.publish();
    await services.say(upload('six', 'six-1.0.tar.gz'));
    await services.publish();
    const content = await expectReplayed(services);
    expect([...seenRepository(content)!.targets.keys()]).toEqual(['six/six-1.0.tar.gz']);
    expect(content.size).toBe(16 + 1 + 2 + 1 + 2 + 1);
  });

  it.each([1, 2])(
    'come back identical after their schemas, files and folds were deleted (life %i)',
    async seed => {
      const files = new MemoryFiles();
      const services = await open({ bins: 4, files });
      await live(services, new Random(seed));
      const content = await expectReplayed(services);
      const rows = await allRows(services);
      await services.stop();
      for (const service of [...SERVICES, 'repository'])
        await query(services.ground.url, `DROP SCHEMA tuf_${service} CASCADE`);
      for (const name of content.keys()) await files.remove(name);
      await rm(services.folder.signer, { recursive: true });
      await services.start();
      await services.publishedState(services.published.state!.state);
      await services.settled();
      expect(await allRows(services)).toEqual(rows);
      // Only the newest state is written again, and every file of it is what it was.
      const again = await expectReplayed(services);
      for (const [name, bytes] of again) expect(content.get(name), name).toEqual(bytes);
      expect(services.failures).toEqual([]);
    },
  );

  it.each([1, 2, 3])(
    'come to the same end when they are killed and cut off from Postgres (life %i)',
    async seed => {
      const random = new Random(seed);
      const services = await open({ bins: 4, severable: true });
      const harm = new Random(seed + 100);
      await live(services, random, async () => {
        if (harm.oneIn(6)) services.disconnect();
        if (!harm.oneIn(5)) return;
        await new Promise(resolve => setTimeout(resolve, harm.below(60)));
        if (harm.oneIn(3)) await services.stop();
        else await services.kill();
        await services.start();
      });
      await expectReplayed(services);
      const rows = await allRows(services);
      await services.stop();
      for (const service of SERVICES) await query(services.ground.url, `DROP SCHEMA tuf_${service} CASCADE`);
      await services.start();
      await services.settled();
      expect(await allRows(services)).toEqual(rows);
      const { signer } = services.ground.keys;
      const signed = services.effects.filter(
        ({ step }) => 'publisher' in step.author && step.author.publisher === signer.keyid,
      );
      // A timestamp is signed before it is drafted, and another cut may come first: then it never is.
      for (const { timestamp } of signed)
        for (const code of timestamp.outcomes.map(codeOf))
          expect([...SIGNED, 'draft-unknown']).toContain(code);
      for (const { root, targets, snapshot } of signed)
        for (const { outcomes } of [root, targets, snapshot])
          for (const code of outcomes.map(codeOf)) expect(SIGNED).toContain(code);
    },
  );

  it('fill a folder with what a replay gives, and fill it again when its files were deleted', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tuf-ledger-'));
    const files = await FolderFiles.open(folder);
    const services = await open({ bins: 4, files });
    await services.say(upload('six', 'a.whl'));
    await services.publish();
    await services.say(upload('six', 'b.whl'));
    await services.publish();
    const content = await expectReplayed(services);
    await services.stop();
    const store = new ClassicLevel<string, string>(services.folder.signer);
    await store.del('fold');
    await store.close();
    for (const name of content.keys()) if (!name.startsWith('1.')) await files.remove(name);
    await services.start();
    await services.publishedState(2);
    expect(await expectReplayed(services)).toEqual(content);
    await rm(folder, { recursive: true, force: true });
  });
});
