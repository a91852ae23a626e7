import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectorOf } from '#apps/ledger/src/projections';
import { type Follower, Following, Handover, SERVICES, type ServiceName, silentLog } from '#host';
import { type Log, MemoryLog, MemoryTopic } from '#log';
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

describe('a service that waits for another', () => {
  it('stops when the log loses what it has read, though it does not read it then', async () => {
    const { ledger, values } = randomHistory(7, 10);
    const topic = new MemoryTopic();
    topic.push(values);
    const log = new MemoryLog(topic);
    let end = (await log.bounds()).end;
    const shrinking: Log = {
      append: some => log.append(some),
      read: (from, limit) => log.read(from, limit),
      bounds: async () => ({ start: 0, end }),
      close: () => log.close(),
    };
    let taken = 0;
    const waiting: Follower = {
      place: async () => undefined,
      begin: async () => undefined,
      ready: async (position, signal) => {
        if (position === 0) return 5;
        // The other one never comes as far.
        await new Promise(resolve => signal.addEventListener('abort', resolve));
        throw signal.reason;
      },
      take: async ({ steps }) => {
        taken += steps.length;
        end = 2;
      },
    };
    const following = new Following([waiting], {
      log: shrinking,
      ledger,
      crypto: nativeCrypto,
      report: silentLog,
    });
    const failure = await new Promise<Error>(resolve => following.start(resolve));
    expect(failure).toMatchObject({ code: 'log-forked' });
    expect(taken).toBe(5);
  });
});
