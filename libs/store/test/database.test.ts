import { type AddressInfo, connect, createServer } from 'node:net';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WHOLE } from '#projection';
import {
  connectReader,
  cutsBetween,
  openSchema,
  ROOT_MIGRATIONS,
  readProgress,
  readRows,
  StoreError,
  schemaSource,
  TARGETS_MIGRATIONS,
} from '#store';
import { freshDatabase, query } from '../../../test/fixtures/fresh-database.js';
import { startPostgres, type TestPostgres } from '../../../test/fixtures/postgres.js';

let postgres: TestPostgres;
const sources: DataSource[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
});
afterEach(async () => {
  await Promise.all(sources.splice(0).map(source => source.destroy()));
});
afterAll(() => postgres?.stop());

async function open(url: string, schema = 'tuf_root', migrations = ROOT_MIGRATIONS): Promise<DataSource> {
  const source = await openSchema({ url, schema }, migrations);
  sources.push(source);
  return source;
}

async function tablesOf(url: string, schema: string): Promise<string[]> {
  const rows = await query(url, 'SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY 1', [schema]);
  return rows.map(row => String(row.tablename));
}

// ReadyForQuery, the first of which ends the making of a connection; and what a server says that has to go down.
const READY = Buffer.from('5a0000000549', 'hex');
const FIELDS = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0');
const FATAL = Buffer.concat([Buffer.from('E'), Buffer.alloc(4), FIELDS]);
FATAL.writeInt32BE(4 + FIELDS.length, 1);

/** A proxy before a Postgres that, once told to die, ends each new connection in the very packet that says it is made. */
async function dyingProxy(url: string) {
  const target = new URL(url);
  let dying = false;
  const server = createServer(inward => {
    const outward = connect(Number(target.port), target.hostname);
    const isNew = dying;
    inward.on('error', () => outward.destroy()).on('close', () => outward.destroy());
    outward.on('error', () => inward.destroy()).on('close', () => inward.destroy());
    inward.on('data', data => void outward.write(data));
    outward.on('data', data => {
      if (isNew && data.subarray(-READY.length).equals(READY)) inward.end(Buffer.concat([data, FATAL]));
      else inward.write(data);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const through = new URL(url);
  through.search = '';
  through.port = String((server.address() as AddressInfo).port);
  const die = () => {
    dying = true;
  };
  return { url: through.href, die, close: () => server.close() };
}

const OF_ROOT = ['cut', 'migration', 'outcome', 'progress', 'record_offset', 'role_version'];

describe('openSchema', () => {
  it('makes the tables of an empty database, and leaves one that has them as it is', async () => {
    const url = await freshDatabase(postgres);
    await open(url);
    expect(await tablesOf(url, 'tuf_root')).toEqual(OF_ROOT);
    await query(url, "INSERT INTO tuf_root.cut VALUES (1, 2, 3, 'hash', '{}', '{}')");
    await open(url);
    expect(await tablesOf(url, 'tuf_root')).toEqual(OF_ROOT);
    expect(await query(url, 'SELECT state FROM tuf_root.cut')).toEqual([{ state: '1' }]);
    expect(await query(url, 'SELECT count(*) FROM tuf_root.migration')).toEqual([
      { count: String(ROOT_MIGRATIONS.length) },
    ]);
  });

  it('keeps the progress of a schema from before there were shards', async () => {
    const url = await freshDatabase(postgres);
    await open(url, 'tuf_targets', TARGETS_MIGRATIONS.slice(0, 2));
    await query(
      url,
      `INSERT INTO tuf_targets.progress VALUES (1, 7, 'root', 9, 8, 'last', 'reader', 'state')`,
    );
    const source = await open(url, 'tuf_targets', TARGETS_MIGRATIONS.slice(0, 4));
    const place = { position: 7, rootHash: 'root', offset: 9, lastOffset: 8, lastHash: 'last' };
    expect(await readProgress(source)).toEqual({ shard: WHOLE, ...place, reader: 'reader', state: 'state' });
  });

  it('folds anew what was folded before keys could change', async () => {
    const url = await freshDatabase(postgres);
    const before = await open(url, 'tuf_root', ROOT_MIGRATIONS.slice(0, 4));
    await query(url, "INSERT INTO tuf_root.cut VALUES (1, 2, 3, 'hash', '{}')");
    await query(
      url,
      "INSERT INTO tuf_root.progress (first_bin, last_bin, position, root_hash, next_offset, last_offset, last_hash, reader, state) VALUES (0, 9007199254740991, 7, 'root', 9, 8, 'last', 'reader', 'state')",
    );
    expect(await readProgress(before)).toBeDefined();
    const source = await open(url);
    expect(await readProgress(source)).toBeUndefined();
    expect(await query(url, 'SELECT count(*) FROM tuf_root.cut')).toEqual([{ count: '0' }]);
  });

  it('lets many services start at once on one empty schema', async () => {
    const url = await freshDatabase(postgres);
    await Promise.all(Array.from({ length: 6 }, () => open(url)));
    expect(await tablesOf(url, 'tuf_root')).toEqual(OF_ROOT);
    expect(await query(url, 'SELECT count(*) FROM tuf_root.migration')).toEqual([
      { count: String(ROOT_MIGRATIONS.length) },
    ]);
  });

  it('keeps the schemas of services apart', async () => {
    const url = await freshDatabase(postgres);
    const [root, targets] = await Promise.all([open(url), open(url, 'tuf_targets', TARGETS_MIGRATIONS)]);
    expect(await tablesOf(url, 'tuf_targets')).toContain('target');
    expect(await tablesOf(url, 'tuf_root')).not.toContain('target');
    await root.query("INSERT INTO outcome VALUES (1, 0, -1, 'unchanged')");
    expect(await targets.query('SELECT * FROM outcome')).toEqual([]);
  });

  it.each(['', 'Root', 'a-b', '1st', 'x; DROP SCHEMA public', 'x'.repeat(49)])(
    'refuses the schema name %j',
    async schema => {
      await expect(openSchema({ url: postgres.url, schema }, ROOT_MIGRATIONS)).rejects.toMatchObject({
        code: 'store-shape',
        retryable: false,
      });
    },
  );

  it('outlives a connection that breaks in the moment in which it is made', async () => {
    const url = await freshDatabase(postgres);
    const proxy = await dyingProxy(url);
    const source = await open(proxy.url);
    proxy.die();
    const results = await Promise.allSettled(
      [1, 2, 3, 4].map(i => source.query(`SELECT ${i}, pg_sleep(0.1)`)),
    );
    expect(results.map(({ status }) => status)).toContain('rejected');
    proxy.close();
  });

  it('reads a table on after another service has migrated it', async () => {
    const url = await freshDatabase(postgres);
    const owner = await open(url);
    const reader = schemaSource({ url, schema: 'tuf_root', connections: 1 });
    sources.push(reader);
    await connectReader(reader);
    const read = () => readRows(reader, cutsBetween(0, 9));
    expect(await read()).toEqual([]);
    await owner.query('ALTER TABLE cut ADD COLUMN more text');
    // What was prepared on that connection gives other columns now.
    await expect(read()).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(await read()).toEqual([]);
  });

  it('says that Postgres is away, and leaves no connection behind when a migration fails', async () => {
    const url = await freshDatabase(postgres);
    await expect(open('postgres://nobody@127.0.0.1:1/none')).rejects.toMatchObject({
      code: 'store-unavailable',
      retryable: true,
    });
    await query(url, 'CREATE SCHEMA tuf_root; CREATE TABLE tuf_root.cut (other integer)');
    await expect(open(url)).rejects.toBeInstanceOf(StoreError);
    const left = await query(
      url,
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'",
    );
    expect(left).toEqual([{ count: '1' }]);
  });
});
