import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectorOf } from '#apps/ledger/src/projections';
import { type Follower, Following, Handover, SERVICES, type ServiceName, silentLog } from '#host';
import { MemoryLog, MemoryTopic } from '#log';
import { nativeCrypto } from '#signing';
import { freshDatabase } from '../../../test/fixtures/fresh-database.js';
import { startPostgres, type TestPostgres } from '../../../test/fixtures/postgres.js';
import { emptySchema, Projecting } from '../../../test/fixtures/projecting.js';
import { randomHistory } from '../../../test/fixtures/random-history.js';

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

/** A follower that is told where it stands just before `loss` takes that away. */
function losing(follower: Follower, loss: () => Promise<void>): Follower {
  let isLost = false;
  return {
    place: async session => {
      const place = await follower.place(session);
      if (!isLost) await loss();
      isLost = true;
      return place;
    },
    begin: (...known) => follower.begin(...known),
    ready: (...at) => follower.ready!(...at),
    take: batch => follower.take(batch),
    end: () => follower.end!(),
  };
}

describe('projectors in one reading', () => {
  it.each(SERVICES)('fold on when Postgres loses what %s had committed before it joins', async service => {
    const { ledger, values, replay } = randomHistory(7, 10);
    const topic = new MemoryTopic();
    topic.push(values);
    const log = new MemoryLog(topic);
    const projecting = await Projecting.open(await freshDatabase(postgres), ledger);
    const { sources, watermarks } = projecting;
    const throughEnd = async () => {
      for (const name of SERVICES) await projecting.reach(name, replay.state.reader.size);
    };
    const lose = async (name: ServiceName) => {
      await emptySchema(sources[name]);
      await expect.poll(() => watermarks.position(`tuf_${name}`), { timeout: 10_000 }).toBe(0);
    };
    for (const name of SERVICES) projecting.start(name, log);
    await throughEnd();
    await projecting.stop();
    for (const name of SERVICES) if (name !== service) await lose(name);

    const ground = { sources, watermarks, prefix: 'tuf', handover: new Handover() };
    const followers = SERVICES.map(name => {
      const projector = projectorOf(name, ground, nativeCrypto);
      return name === service ? losing(projector, () => lose(name)) : projector;
    });
    const following = new Following(followers, { log, ledger, crypto: nativeCrypto, report: silentLog });
    const failed = new Promise<never>((_, reject) => following.start(reject));
    await Promise.race([throughEnd(), failed]);
    await following.stop();
    await projecting.close();
  });
});
