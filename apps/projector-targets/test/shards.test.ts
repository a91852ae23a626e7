import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSettings, SERVICES, type ServiceFold } from '#host';
import { type Shard, shardOf, WHOLE } from '#projection';
import { freshDatabase } from '../../../test/fixtures/fresh-database.js';
import { startPostgres, type TestPostgres } from '../../../test/fixtures/postgres.js';
import { emptySchema, Projecting, rowsOf, type Started } from '../../../test/fixtures/projecting.js';
import { Crashing, logOf } from '../../../test/fixtures/projector.contract.js';
import { Random } from '../../../test/fixtures/random.js';
import { randomHistory } from '../../../test/fixtures/random-history.js';
import { TestLedger, upload } from '../../../test/fixtures/test-ledger.js';
import { HISTORIES } from '../../../test/golden/histories.js';
import { claimProjectors, shardOfSettings } from '../src/shard-projectors.js';

const STEPS = 40;
const BINS = 8;
const LIMIT_MS = 60_000;

let postgres: TestPostgres;
let projecting: Projecting | undefined;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(async () => {
  await projecting?.close();
  await postgres?.stop();
});

interface History {
  readonly ledger: string;
  readonly values: readonly Uint8Array[];
  readonly replay: TestLedger['replay'];
}

/** What a history comes to in one shard. The others have folded it, and targets is empty again. */
async function folded(history: History): Promise<{ projecting: Projecting; rows: Rows }> {
  await projecting?.close();
  projecting = await Projecting.open(await freshDatabase(postgres), history.ledger);
  const log = logOf(history.values);
  const { size } = history.replay.state.reader;
  // Root needs the timestamp's, where keys overlap; and whoever folds targets anew needs root's.
  for (const service of SERVICES) projecting.start(service, log);
  await projecting.reach('targets', size);
  await projecting.stop();
  const rows = await joinedRows(projecting);
  await emptySchema(projecting.sources.targets);
  const { watermarks } = projecting;
  await until(async () => watermarks.position('tuf_targets') === 0);
  return { projecting, rows };
}

type Rows = Record<string, unknown[]>;

/** All rows, after all shards were joined. */
async function joinedRows({ sources, watermarks }: Projecting): Promise<Rows> {
  const ground = { sources, watermarks, prefix: 'tuf' };
  expect(await claimProjectors(WHOLE, ground, {} as never)).toHaveLength(1);
  return rowsOf(sources.targets);
}

const shardsOf = (of: number, bins: number): Shard[] =>
  Array.from({ length: of }, (_, i) => shardOf({ nth: i + 1, of }, bins)!);

/** A process of a shard, started again whenever it crashes. */
class Supervised {
  private isRetired = false;
  private readonly stopping = new AbortController();
  /** Resolves with the error that ended it for good, if it was one. */
  readonly ended: Promise<Error | undefined>;
  crashes = 0;

  constructor(
    readonly shard: Shard,
    private readonly start: () => Promise<Started>,
  ) {
    this.ended = this.run();
  }

  /** It is not started again when it ends. */
  retire(): void {
    this.isRetired = true;
  }

  async stop(): Promise<void> {
    this.retire();
    this.stopping.abort();
    await this.ended;
  }

  private async run(): Promise<Error | undefined> {
    const { signal } = this.stopping;
    const stopped = new Promise<undefined>(resolve => {
      signal.addEventListener('abort', () => resolve(undefined));
    });
    for (;;) {
      const { following, failed } = await this.start();
      const error = await Promise.race([failed, stopped]);
      await following.stop();
      if (this.isRetired || !error?.message.includes('scripted')) return error;
      this.crashes++;
    }
  }
}

/** A fold that takes some records at a time, and its time about them. */
function slow(fold: ServiceFold, random: Random, restMs: number): ServiceFold {
  return Object.assign(Object.create(fold), {
    ready: async (...at: Parameters<NonNullable<ServiceFold['ready']>>) => {
      await new Promise(resolve => setTimeout(resolve, random.below(restMs + 1)));
      return Math.min((await fold.ready?.(...at)) ?? 9, 1 + random.below(9));
    },
  });
}

async function positions({ sources }: Projecting): Promise<number[]> {
  const rows = await sources.targets.query('SELECT position FROM progress ORDER BY first_bin');
  return rows.map((row: { position: string }) => Number(row.position));
}

async function until(what: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!(await what())) {
    if (performance.now() > deadline) throw new Error(`not so within ${LIMIT_MS} ms: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

describe('projector-targets in shards', () => {
  const golden = HISTORIES.filter(({ values }) => values === 'whole');
  it.each(golden)('writes the rows of one shard (golden history $name)', async ({ build }) => {
    const history = build();
    const { projecting, rows } = await folded(history);
    const { size, opened } = history.replay.state.reader;
    const shards = shardsOf(Math.min(3, opened!.bins.count), opened!.bins.count);
    for (const shard of shards) await projecting.startShard(shard, logOf(history.values));
    await projecting.reach('targets', size);
    await projecting.stop();
    expect(await joinedRows(projecting)).toEqual(rows);
  });

  it.each([2, 3, 8])('writes the rows of one, however often each crashes (%i shards)', async of => {
    const history = randomHistory(of, STEPS, BINS);
    const { projecting, rows } = await folded(history);
    const log = logOf(history.values);
    const random = new Random(of);
    const processes = shardsOf(of, BINS).map(
      (shard, i) =>
        new Supervised(shard, () =>
          projecting.startShard(shard, log, {
            wrap: fold => new Crashing(slow(fold, random, i * 3), random),
          }),
        ),
    );
    await projecting.reach('targets', history.replay.state.reader.size);
    await Promise.all(processes.map(process => process.stop()));
    expect(processes.reduce((sum, { crashes }) => sum + crashes, 0)).toBeGreaterThan(0);
    await projecting.stop();
    expect(await joinedRows(projecting)).toEqual(rows);
  });

  it.each([1, 2, 3, 4])('writes them when it is divided anew as it goes (life %i)', async seed => {
    const history = randomHistory(100 + seed, STEPS, BINS);
    const { projecting, rows } = await folded(history);
    const { size } = history.replay.state.reader;
    const log = logOf(history.values);
    const random = new Random(seed);
    let processes: Supervised[] = [];
    for (let reached = 0; reached < size; reached += 1 + random.below(size / 3)) {
      const before = processes;
      for (const process of before) process.retire();
      // Some operators stop the old processes first, some let them be.
      if (random.oneIn(2)) await Promise.all(before.map(process => process.stop()));
      processes = [];
      for (const shard of shardsOf(1 + random.below(6), BINS)) {
        const wrap = (fold: ServiceFold) => new Crashing(slow(fold, random, random.below(6)), random);
        processes.push(new Supervised(shard, () => projecting.startShard(shard, log, { wrap })));
        await new Promise(resolve => setTimeout(resolve, random.below(40)));
      }
      await until(async () => (await positions(projecting)).some(position => position >= reached));
      for (const process of before) {
        // One whose bins are still a part by themselves never notices that another process folds them too.
        await process.stop();
        const error = await process.ended;
        if (error) expect(error.message).toMatch(/scripted|divided otherwise/);
      }
    }
    await projecting.reach('targets', size);
    await Promise.all(processes.map(process => process.stop()));
    await projecting.stop();
    await claimedToEnd(projecting, log, size);
    expect(await joinedRows(projecting)).toEqual(rows);
  });

  /** Folds what a part of a shard that stood behind has yet to fold. */
  async function claimedToEnd(projecting: Projecting, log: ReturnType<typeof logOf>, size: number) {
    const { following } = await projecting.startShard(WHOLE, log);
    await until(async () => (await positions(projecting)).every(position => position === size));
    await following.stop();
  }

  it('lets parts that stand at different positions catch up, and joins them at the next start', async () => {
    const history = randomHistory(11, STEPS, BINS);
    const { projecting, rows } = await folded(history);
    const { values, replay } = history;
    const { size } = replay.state.reader;
    const [first, second] = shardsOf(2, BINS);
    const ahead = await projecting.startShard(first!, logOf(values));
    await until(async () => (await positions(projecting))[0] === size);
    await ahead.following.stop();
    const behind = await projecting.startShard(second!, logOf(values.slice(0, values.length / 2)));
    await until(async () => (await positions(projecting)).length === 2);
    await behind.following.stop();
    const { following } = await projecting.startShard(WHOLE, logOf(values));
    await projecting.reach('targets', size);
    await following.stop();
    expect(await positions(projecting)).toEqual([size, size]);
    expect(await joinedRows(projecting)).toEqual(rows);
  });

  it('leaves each offline role to one shard when it is split before they are signed', async () => {
    const ledger = new TestLedger({ count: BINS });
    const drafts = ledger.openDrafts();
    // The second signatures change nothing, which their role's shard records.
    for (let i = 0; i < 2; i++) ledger.sign(drafts);
    ledger.publish();
    const { projecting, rows } = await folded(ledger);
    expect(rows.outcome!.length).toBeGreaterThan(1);
    const whole = await projecting.startShard(WHOLE, logOf(ledger.values.slice(0, 1)));
    await projecting.reach('targets', 1);
    await whole.following.stop();
    for (const shard of shardsOf(4, BINS)) await projecting.startShard(shard, logOf(ledger.values));
    await projecting.reach('targets', ledger.replay.state.reader.size);
    await projecting.stop();
    expect(await joinedRows(projecting)).toEqual(rows);
  });

  it('has a process stop whose bins another one took, with nothing to fold too', async () => {
    const { values, ledger, replay } = randomHistory(12, 10, BINS);
    const { projecting } = await folded({ values, ledger, replay });
    const whole = await projecting.startShard(WHOLE, logOf(values));
    await projecting.reach('targets', replay.state.reader.size);
    await projecting.startShard(shardsOf(2, BINS)[1]!, logOf(values));
    expect(await whole.failed).toMatchObject({
      code: 'shard-taken',
      message: expect.stringContaining('folds all bins, but the projection is divided otherwise'),
    });
  });

  it('lets two processes of one shard stand in each other’s way without harm', async () => {
    const history = randomHistory(13, STEPS, BINS);
    const { projecting, rows } = await folded(history);
    const [first, second] = shardsOf(2, BINS);
    const warnings: string[] = [];
    const report = (_: string, message: string) => void warnings.push(message);
    const random = new Random(13);
    const wrap = (fold: ServiceFold) => slow(fold, random, 2);
    const log = logOf(history.values);
    for (const shard of [first!, second!, second!]) await projecting.startShard(shard, log, { wrap, report });
    await projecting.reach('targets', history.replay.state.reader.size);
    await projecting.stop();
    expect(warnings.some(message => message.includes('the same bins: give each its own'))).toBe(true);
    expect(await joinedRows(projecting)).toEqual(rows);
  });

  it('decides a project’s removal in every shard, and records it in one', async () => {
    const ledger = new TestLedger({ count: BINS }).open();
    const files = Array.from({ length: 30 }, (_, i) => upload('six', `${i}.whl`));
    ledger.say(...files);
    ledger.say({ type: 'project.removed', project: 'six' }, { type: 'project.removed', project: 'none' });
    ledger.publish();
    const { projecting, rows } = await folded(ledger);
    for (const shard of shardsOf(4, BINS)) await projecting.startShard(shard, logOf(ledger.values));
    await projecting.reach('targets', ledger.replay.state.reader.size);
    await projecting.stop();
    expect(await joinedRows(projecting)).toEqual(rows);
    const [left] = await projecting.sources.targets.query(
      'SELECT count(DISTINCT bin) AS bins, bool_and(removed) AS removed FROM target WHERE until IS NULL',
    );
    expect(left).toEqual({ bins: String(BINS), removed: true });
  });
});

describe('the setting of a shard', () => {
  const readShard = (setting: string) =>
    readSettings({ TUF_LEDGER_SHARD: setting }, settings => shardOfSettings(settings, 256));

  it.each<[string, Shard]>([
    ['', WHOLE],
    ['1/1', WHOLE],
    ['2/4', { first: 64, last: 127 }],
  ])('is read from "%s"', (setting, shard) => {
    expect(readShard(setting)).toEqual(shard);
  });

  it.each(['2', '0/2', '3/2', '1/257', 'first'])('is refused in "%s", which it tells', setting => {
    expect(() => readShard(setting)).toThrow(
      expect.objectContaining({ code: 'config-invalid', message: expect.stringContaining(`"${setting}"`) }),
    );
  });
});
