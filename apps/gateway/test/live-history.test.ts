import { getEventListeners } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectorOf } from '#apps/ledger/src/projections';
import {
  type Batch,
  type Follower,
  Following,
  Handover,
  type LogReader,
  SERVICES,
  type ServiceName,
  silentLog,
} from '#host';
import { MemoryLog, MemoryTopic } from '#log';
import { nativeCrypto } from '#signing';
import { readProgress } from '#store';
import { freshDatabase } from '../../../test/fixtures/fresh-database.js';
import { startPostgres, type TestPostgres } from '../../../test/fixtures/postgres.js';
import { emptySchema, Projecting } from '../../../test/fixtures/projecting.js';
import { Random } from '../../../test/fixtures/random.js';
import { randomHistory } from '../../../test/fixtures/random-history.js';
import { type History, StoredHistory } from '../src/history.js';
import { LiveHistory } from '../src/live-history.js';

const SEEDS = [1, 2, 3, 4];
const STEPS = 80;
const MAX_BATCH_RECORDS = 9;
const QUESTIONS = 40;
const LIMIT_MS = 30_000;
const PREFIX = 'tuf';
/** Long enough for an answer that waits for nothing. */
const PROMPT_MS = 300;

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

const notAsked = () => Promise.reject(new Error('The store was asked for what is in memory.'));
const UNASKED: History = {
  foldedThrough: notAsked,
  outcomes: notAsked,
  statesBetween: notAsked,
  versionsAfter: notAsked,
  stored: notAsked,
};

/** All projectors in one reading with the history, which is driven by hand in batches of any size. */
async function stage(seed: number, past: (stored: History) => History = stored => stored) {
  const { ledger, values, replay, effects } = randomHistory(seed, STEPS);
  const topic = new MemoryTopic();
  topic.push(values);
  const random = new Random(seed);
  const projecting = await Projecting.open(await freshDatabase(postgres), ledger);
  const { sources, watermarks } = projecting;
  const handover = new Handover();
  const facts = { sources, watermarks, prefix: PREFIX, handover };
  const stored = new StoredHistory(facts);
  const fromLast = () => readProgress(sources.timestamp);
  const history = new LiveHistory(handover, past(stored), fromLast);
  const pace: Follower = {
    place: fromLast,
    begin: async () => undefined,
    ready: async () => 1 + random.below(MAX_BATCH_RECORDS),
    take: async () => undefined,
  };
  const following = new Following(
    [...SERVICES.map(service => projectorOf(service, facts, nativeCrypto)), pace, history],
    { log: new MemoryLog(topic), ledger, crypto: nativeCrypto, report: silentLog },
  );
  const { size } = replay.state.reader;
  let taken = 0;
  return {
    stored,
    history,
    following,
    random,
    size,
    roles: [...new Set(effects.flatMap(({ targets }) => targets.drafted.map(({ role }) => role)))],
    cuts: effects.flatMap(({ root }) => (root.cut ? [root.cut.position] : [])),
    taken: () => taken,
    /** Takes batches until at least so many records are taken. */
    advance: async (to: number) => {
      while (taken < to) taken += await following.step(0);
    },
    /** Ends the reading; `lost` are those whose schemas are gone then. */
    restart: async (lost: readonly ServiceName[]) => {
      await following.end();
      for (const service of lost) await emptySchema(sources[service]);
      for (const service of lost)
        await expect.poll(() => watermarks.position(`${PREFIX}_${service}`), { timeout: LIMIT_MS }).toBe(0);
      taken = (await fromLast())?.position ?? 0;
    },
    committed: () => handover.committed(SERVICES, taken),
    close: async () => {
      await following.end();
      await projecting.close();
    },
  };
}
type Stage = Awaited<ReturnType<typeof stage>>;

/** Questions of records that are taken; each gives the answer, in an order of its own where none is promised. */
function questions({ random, roles, cuts, taken }: Stage): ((history: History) => Promise<unknown>)[] {
  const range = (): [number, number] => {
    const [a, b] = [random.below(taken()), random.below(taken())];
    return [Math.min(a, b), Math.max(a, b)];
  };
  return Array.from({ length: QUESTIONS }, () => {
    const [first, last] = range();
    const wanted = Array.from({ length: 4 }, () => ({
      role: random.pick(roles),
      position: first + random.below(last - first + 1),
    }));
    const until = random.oneIn(4) ? -1 : random.pick([...cuts, last]);
    return random.pick<(history: History) => Promise<unknown>>([
      async history => (await history.outcomes(first, last)).map(row => JSON.stringify(row)).sort(),
      history => history.statesBetween(first, last),
      history => history.versionsAfter(wanted, until),
      history => history.foldedThrough(taken() - 1, AbortSignal.timeout(LIMIT_MS)),
    ]);
  });
}

/** Asks the live history before anything of the last batches need be committed, and the stored one when it is. */
async function compare(on: Stage): Promise<unknown[]> {
  const asked = questions(on);
  const live = await Promise.all(asked.map(ask => ask(on.history)));
  await on.committed();
  expect(live).toEqual(await Promise.all(asked.map(ask => ask(on.stored))));
  return live;
}

describe('the history that projectors hand over', () => {
  it.each(SEEDS)('is what they commit, without asking the store (history %i)', async seed => {
    const on = await stage(seed, () => UNASKED);
    const live: unknown[] = [];
    for (const part of [0.2, 0.5, 0.8, 1]) {
      await on.advance(Math.floor(on.size * part));
      live.push(await compare(on));
    }
    const told = JSON.stringify(live);
    for (const result of ['unchanged', 'rejected']) expect(told).toContain(result);
    const states = await on.history.statesBetween(0, on.size - 1);
    expect(states.length).toBeGreaterThan(0);
    expect(states.length).toBeLessThan(on.cuts.length);
    await on.close();
  });

  it.each(SEEDS)('knows of records before its reading what is stored (history %i)', async seed => {
    const on = await stage(seed);
    await on.advance(Math.floor(on.size * 0.4));
    await on.restart([]);
    await on.advance(Math.floor(on.size * 0.7));
    await compare(on);
    // The others are ahead, and hand over nothing until the reading comes to them.
    await on.restart(['timestamp']);
    await on.advance(Math.floor(on.size * 0.85));
    await compare(on);
    await on.close();
  });

  it('says nothing of records that are folded anew before they are', async () => {
    const on = await stage(1);
    await on.advance(on.size);
    const asked: ((history: History) => Promise<unknown>)[] = [
      history => history.outcomes(1, on.size - 1),
      history => history.outcomes(on.size - 5, on.size - 1),
      history => history.statesBetween(1, on.size - 1),
      history => history.versionsAfter([{ role: on.roles[0]!, position: 1 }], on.size),
    ];
    const sorted = async (answer: Promise<unknown>) =>
      ((await answer) as readonly unknown[]).map(row => `${JSON.stringify(row)}`).sort();
    await on.committed();
    const before = await Promise.all(asked.map(ask => sorted(ask(on.stored))));
    await on.restart(SERVICES);
    await on.advance(Math.floor(on.size / 2));
    let answered = 0;
    const after = asked.map(ask =>
      sorted(ask(on.history)).then(answer => {
        answered++;
        return answer;
      }),
    );
    await new Promise(resolve => setTimeout(resolve, PROMPT_MS));
    expect(answered).toBe(0);
    await on.advance(on.size);
    expect(await Promise.all(after)).toEqual(before);
    await on.close();
  });
});

type CommitQueue = Parameters<Handover['joins']>[1];

/** A history that was handed the first `size` records, which did nothing; `told` by these services. */
async function handed(size: number, past: Partial<History>, commits?: Partial<CommitQueue>) {
  const handover = new Handover();
  const history = new LiveHistory(handover, { ...UNASKED, ...past }, async () => undefined);
  await history.begin({ reader: { size: 0 } } as LogReader);
  const steps = Array.from({ length: size }, (_, position) => ({ position })) as unknown as Batch['steps'];
  for (const service of SERVICES) {
    handover.joins(service, { reach: async () => undefined, ...commits } as CommitQueue);
    handover.tell(service, steps, { outcomes: [], drafted: [], completed: [] });
  }
  await history.take({ steps, offsets: [], noise: [] });
  return { handover, history };
}

describe('waiting on the history that projectors hand over', () => {
  it('ends with what is folded when nobody waits any more, and leaves no listener', async () => {
    const { history } = await handed(3, { foldedThrough: async () => 1 });
    expect(await history.foldedThrough(5, AbortSignal.abort())).toBe(3);
    const leaving = new AbortController();
    const folded = history.foldedThrough(5, leaving.signal);
    expect(getEventListeners(leaving.signal, 'abort')).toHaveLength(1);
    leaving.abort();
    expect(await folded).toBe(3);
    expect(getEventListeners(leaving.signal, 'abort')).toHaveLength(0);
  });

  it('goes on with the store when the reading ends', async () => {
    const { history } = await handed(3, { foldedThrough: async position => position + 1 });
    const folded = history.foldedThrough(5, AbortSignal.timeout(LIMIT_MS));
    await history.end();
    expect(await folded).toBe(6);
  });

  it('gives no answer of a past that does not come to what was told', async () => {
    const { history } = await handed(3, { foldedThrough: async () => 2, outcomes: async () => [] });
    await history.end();
    await expect(history.outcomes(0, 2)).rejects.toMatchObject({ code: 'projection-conflict' });
  });

  it('has those who read their own writes wait until these are folded again', async () => {
    let isFolded = false;
    const waits = async () => {
      isFolded = true;
      return 3;
    };
    const failing = async () => Promise.reject(new Error('The scripted loss of Postgres.'));
    const { history, handover } = await handed(
      3,
      { foldedThrough: waits },
      { reach: failing, flush: failing },
    );
    await history.stored();
    expect(isFolded).toBe(true);
    isFolded = false;
    // The projectors have ended, and the history is not told yet.
    for (const service of SERVICES) handover.leaves(service);
    await history.stored();
    expect(isFolded).toBe(true);
  });
});
