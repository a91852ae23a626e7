import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PostgresWatermarks } from '#host';
import { WHOLE } from '#projection';
import { progressChannel } from '#store';
import { freshDatabase, query } from '../../../test/fixtures/fresh-database.js';
import { startPostgres, type TestPostgres } from '../../../test/fixtures/postgres.js';
import { SeverablePostgres } from '../../../test/fixtures/severable.js';

let postgres: TestPostgres;
let url: string;
let proxy: SeverablePostgres;
let watermarks: PostgresWatermarks;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());
beforeEach(async () => {
  url = await freshDatabase(postgres);
  proxy = await SeverablePostgres.before(url);
  watermarks = new PostgresWatermarks(proxy.url, ['a', 'b']);
});
afterEach(async () => {
  await watermarks.close();
  proxy.sever(true);
});

const soon = () => AbortSignal.timeout(10_000);

async function make(schema: string): Promise<void> {
  await query(url, `CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.progress (position bigint)`);
}

/** Moves a schema's position; told, as commitProgress does it, or in silence. */
async function move(schema: string, position: number, told = true): Promise<void> {
  await query(
    url,
    `DELETE FROM ${schema}.progress; INSERT INTO ${schema}.progress VALUES (${position});
     ${told ? `NOTIFY ${progressChannel(schema)}, '${schema}:${position}'` : ''}`,
  );
}

/** Moves shards, given as `first-last:position`; in silence, or told as commitProgress does it. */
async function moveShards(schema: string, shards: readonly string[], told = true): Promise<void> {
  const parsed = shards.map(shard => shard.split(/[-:]/).map(Number) as [number, number, number]);
  const values = parsed.map(([first, last, position]) => `(${position}, ${first}, ${last || WHOLE.last})`);
  const notices = parsed.map(
    ([first, last, position]) =>
      `NOTIFY ${progressChannel(schema)}, '${schema}:${position}:${first}-${last || WHOLE.last}'`,
  );
  await query(
    url,
    `DELETE FROM ${schema}.progress WHERE first_bin IN (${parsed.map(([first]) => first)});
     INSERT INTO ${schema}.progress VALUES ${values}; ${told ? notices.join(';') : ''}`,
  );
}

describe('PostgresWatermarks of a projection in shards', () => {
  beforeEach(async () => {
    await query(
      url,
      'CREATE SCHEMA a; CREATE TABLE a.progress (position bigint, first_bin bigint, last_bin bigint)',
    );
  });

  it('tell how far the last of them has come', async () => {
    await moveShards('a', ['0-7:9', '8-:5'], false);
    expect(await watermarks.reach('a', 1, soon())).toBe(5);
    const reached = watermarks.reach('a', 6, soon());
    await moveShards('a', ['0-7:12']);
    await moveShards('a', ['8-:8']);
    expect(await reached).toBe(8);
    await moveShards('a', ['0-7:13']);
    await moveShards('a', ['8-:20']);
    expect(await watermarks.reach('a', 9, soon())).toBe(13);
  });

  it('are 0 while bins are missing', async () => {
    await moveShards('a', ['8-:5'], false);
    await make('b');
    await move('b', 1);
    await watermarks.reach('b', 1, soon());
    expect(watermarks.position('a')).toBe(0);
    await moveShards('a', ['0-7:3']);
    expect(await watermarks.reach('a', 1, soon())).toBe(3);
  });

  it('follow what is split and joined', async () => {
    await moveShards('a', ['0-:5'], false);
    expect(await watermarks.reach('a', 1, soon())).toBe(5);
    await moveShards('a', ['0-3:5', '4-:5']);
    await moveShards('a', ['0-3:7']);
    await moveShards('a', ['4-:6']);
    expect(await watermarks.reach('a', 6, soon())).toBe(6);
    await query(url, 'DELETE FROM a.progress');
    await moveShards('a', ['0-:7']);
    expect(await watermarks.reach('a', 7, soon())).toBe(7);
  });
});

describe('PostgresWatermarks', () => {
  it('are 0 where a schema is not there or has folded nothing', async () => {
    await make('b');
    expect(await watermarks.reach('a', 0, soon())).toBe(0);
    expect(watermarks.position('b')).toBe(0);
  });

  it('tell what was there before they looked', async () => {
    await make('a');
    await move('a', 7, false);
    expect(await watermarks.reach('a', 3, soon())).toBe(7);
  });

  it('tell at once what is notified', async () => {
    await make('a');
    await move('a', 1);
    await watermarks.reach('a', 1, soon());
    const reached = watermarks.reach('a', 5, soon()).then(() => performance.now());
    await move('a', 4);
    const moved = performance.now();
    await move('a', 5);
    expect((await reached) - moved).toBeLessThan(250);
  });

  it('find what nobody told, and a position that fell because its schema was dropped', async () => {
    await make('a');
    await move('a', 9);
    await watermarks.reach('a', 9, soon());
    await move('a', 12, false);
    await watermarks.reach('a', 12, soon());
    await move('a', 2, false);
    await expect.poll(() => watermarks.position('a'), { timeout: 5_000 }).toBe(2);
  });

  it('go on after their connection was lost', async () => {
    await make('a');
    await move('a', 1);
    await watermarks.reach('a', 1, soon());
    proxy.sever(false);
    await move('a', 2);
    expect(await watermarks.reach('a', 2, soon())).toBe(2);
    await move('a', 3);
    expect(await watermarks.reach('a', 3, soon())).toBe(3);
  });

  it('are unknown while nobody tells them: what Postgres held may be gone when it is back', async () => {
    await make('a');
    await move('a', 5);
    await watermarks.reach('a', 5, soon());
    await move('a', 3, false);
    proxy.sever(false);
    // Until the loss is noticed there is nothing to know it by.
    await expect.poll(() => watermarks.position('a'), { timeout: 10_000, interval: 5 }).not.toBe(5);
    expect(await watermarks.reach('a', 1, soon())).toBe(3);
  });

  it('end a wait when they are told to', async () => {
    const stopping = new AbortController();
    const waiting = watermarks.reach('a', 1, stopping.signal);
    stopping.abort(new Error('stopping'));
    await expect(waiting).rejects.toThrow('stopping');
  });
});
