import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startPostgres, type TestPostgres } from '../../../test/fixtures/postgres.js';
import { PostgresLog } from '../src/index.js';
import { bytes, describeLog, text } from './log.contract.js';

const ALL = { maxBytes: 1_000_000, maxEntries: 100_000, waitMs: 0 };

let postgres: TestPostgres;
let schemas = 0;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres?.stop());

const openPool = () => new pg.Pool({ connectionString: postgres.url, max: 4 });

describeLog('Postgres', async () => {
  const schema = `contract_${schemas++}`;
  const pools: pg.Pool[] = [];
  return {
    open: () => {
      const pool = openPool();
      pools.push(pool);
      return PostgresLog.open(pool, { schema });
    },
    dispose: async () => {
      for (const pool of pools) await pool.end();
    },
  };
});

describe('PostgresLog', () => {
  let pool: pg.Pool;
  let schema: string;

  beforeEach(() => {
    pool = openPool();
    schema = `own_${schemas++}`;
  });

  afterEach(() => pool.end());

  test('opens at once from many processes', async () => {
    const logs = await Promise.all(Array.from({ length: 4 }, () => PostgresLog.open(pool, { schema })));
    expect(await logs[3]!.append([bytes('a')])).toEqual([0]);
    await Promise.all(logs.map(log => log.close()));
  });

  test.each([
    ['other columns', 'create table S.log_value (log_offset bigint primary key, value text not null)'],
    ['no primary key', 'create table S.log_value (log_offset bigint not null, value bytea not null)'],
    [
      'no durability',
      'create unlogged table S.log_value (log_offset bigint primary key, value bytea not null)',
    ],
    ['a view', "create view S.log_value as select 1::bigint as log_offset, ''::bytea as value"],
  ])('refuses a table of another shape: %s', async (_, create) => {
    await pool.query(`create schema ${schema}; ${create.replace('S', schema)}`);
    await expect(PostgresLog.open(pool, { schema })).rejects.toMatchObject({
      code: 'log-shape',
      retryable: false,
    });
  });

  test('refuses a schema name that would need quoting', async () => {
    await expect(PostgresLog.open(pool, { schema: 'x"; drop schema y' })).rejects.toMatchObject({
      code: 'log-shape',
    });
  });

  test('asks nothing for who waits at the tail, and wakes him for what others append', async () => {
    const [own, other] = await Promise.all([
      PostgresLog.open(pool, { schema }),
      PostgresLog.open(pool, { schema }),
    ]);
    const wait = (from: number, waitMs: number) => own!.read(from, { ...ALL, waitMs });
    await other!.append([bytes('a')]);
    expect(await wait(0, 2_000)).toHaveLength(1);
    // By now it listens, and a look has found the tail.
    await expect.poll(() => wait(1, 50).then(entries => entries.length)).toBe(0);
    await wait(1, 600);
    const asked = vi.spyOn(pool, 'query');
    const waiting = wait(1, 10_000);
    await new Promise(resolve => setTimeout(resolve, 100));
    expect(asked).not.toHaveBeenCalled();
    await other!.append([bytes('b'), bytes('c')]);
    expect((await waiting).map(text)).toEqual(['b', 'c']);
    await Promise.all([own!.close(), other!.close()]);
  });

  test('says so when its table goes away, and does not try again', async () => {
    const log = await PostgresLog.open(pool, { schema });
    await pool.query(`drop table ${schema}.log_value`);
    await expect(log.append([bytes('a')])).rejects.toMatchObject({ code: 'log-shape' });
    await log.close();
  });

  test('is unavailable while Postgres is', async () => {
    const away = new pg.Pool({ connectionString: 'postgres://postgres@127.0.0.1:1/postgres' });
    await expect(PostgresLog.open(away, { schema })).rejects.toMatchObject({
      code: 'log-unavailable',
      retryable: true,
    });
    await away.end();
  });

  test('commits synchronously even where the server does not', async () => {
    const lax = new pg.Pool({ connectionString: postgres.url, options: '-c synchronous_commit=off' });
    const log = await PostgresLog.open(lax, { schema });
    await pool.query(`
      create table ${schema}.seen (setting text);
      create function ${schema}.note() returns trigger language plpgsql as
        $$ begin insert into ${schema}.seen values (current_setting('synchronous_commit')); return null; end $$;
      create trigger note after insert on ${schema}.log_value for each statement execute function ${schema}.note()`);
    await log.append([bytes('a')]);
    expect((await pool.query(`select setting from ${schema}.seen`)).rows).toEqual([{ setting: 'on' }]);
    await log.close();
    await lax.end();
  });

  test('still wakes its readers after it lost its listener, by looking', async () => {
    const log = await PostgresLog.open(pool, { schema });
    const waiting = log.read(0, { ...ALL, waitMs: 30_000 });
    const cutOff = `select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen "${schema}"'`;
    while ((await pool.query(cutOff)).rowCount === 0) await new Promise(resolve => setTimeout(resolve, 5));
    await pool.query(`insert into ${schema}.log_value values (0, 'a')`);
    expect((await waiting).map(text)).toEqual(['a']);
    await log.close();
  });

  test('loses and doubles nothing when its connections are cut while it appends', async () => {
    const other = openPool();
    const log = await PostgresLog.open(other, { schema });
    const appends = 60;
    let done = 0;
    const cut = (async () => {
      while (done < appends) {
        await pool.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where query like '%append_values($1%' and pid <> pg_backend_pid()`,
        );
        await new Promise(resolve => setTimeout(resolve, 3));
      }
    })();
    const offsets: number[] = [];
    for (let i = 0; i < appends; i++) {
      const values = [bytes(`${i}`)];
      let outcome: readonly number[] | undefined;
      while (!outcome) outcome = await log.append(values).catch(() => undefined);
      offsets.push(...outcome);
      done++;
    }
    await cut;
    const entries = await log.read(0, ALL);
    expect(entries.map(text)).toEqual(Array.from({ length: appends }, (_, i) => `${i}`));
    expect(offsets).toEqual(entries.map(({ offset }) => offset));
    await log.close();
    await other.end();
  });

  test('sees a start that has moved', async () => {
    const log = await PostgresLog.open(pool, { schema });
    await log.append(['a', 'b', 'c'].map(bytes));
    await pool.query(`delete from ${schema}.log_value where log_offset < 2`);
    expect(await log.bounds()).toEqual({ start: 2, end: 3 });
    await log.close();
  });
});
