import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/embedded-postgres.js';

/** One folder for all tests, for making a cluster takes longer than the rest of a test. */
let dataFolder: string;
const running: EmbeddedPostgres[] = [];

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'tuf-ledger-host-'));
});

afterEach(async () => {
  for (const postgres of running.splice(0)) await postgres.stop();
});

afterAll(() => rm(dataFolder, { recursive: true, force: true }));

async function start(port?: number): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataFolder, durable: false, ...(port && { port }) });
  running.push(postgres);
  return postgres;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  // Some of these servers are killed under the connection.
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query({ text, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

async function serverPid(): Promise<number> {
  return Number.parseInt(await readFile(join(dataFolder, 'postgres', 'postmaster.pid'), 'utf8'), 10);
}

describe('a cluster', () => {
  test('keeps data and password over a restart', async () => {
    const first = await start();
    await query(first.url, 'create table over_restart as select 7 as n');
    await first.stop();
    await first.stop();
    expect(await first.ended).toBeUndefined();
    const second = await start();
    expect(await query(second.url, 'select n from over_restart')).toEqual([7]);
    expect(new URL(second.url).password).toBe(new URL(first.url).password);
  });

  test('lets nobody in without its password, which only its user can read', async () => {
    const { url } = await start();
    const wrong = new URL(url);
    wrong.password = 'postgres';
    await expect(query(wrong.href, 'select 1')).rejects.toThrow('password authentication failed');
    expect((await stat(join(dataFolder, 'postgres.password'))).mode & 0o777).toBe(0o600);
    expect(await query(url, 'show listen_addresses')).toEqual(['127.0.0.1']);
  });

  test('sorts text by code point', async () => {
    const { url } = await start();
    const sorted = await query(url, "select c from unnest(array['b', 'A', 'a', 'é', 'B']) as c order by c");
    expect(sorted).toEqual(['A', 'B', 'a', 'b', 'é']);
  });

  test('is not used without its password', async () => {
    await (await start()).stop();
    const file = join(dataFolder, 'postgres.password');
    await rename(file, `${file}.aside`);
    await expect(start()).rejects.toMatchObject({ code: 'postgres-failed' });
    await rename(`${file}.aside`, file);
    await start();
  });
});

describe('the data folder', () => {
  test('is refused while a process uses it, and free again after', async () => {
    const first = await start();
    await expect(start()).rejects.toMatchObject({
      code: 'data-folder-in-use',
      message: expect.stringContaining(`Process ${process.pid} uses the data folder ${dataFolder}.`),
    });
    await first.stop();
    await start();
  });

  test.each([
    ['a process that is gone', '4194304 12345 boot\n'],
    ['an earlier process with the id of this one', `${process.pid} 1 another-boot\n`],
    ['nobody, for it was never written', ''],
  ])('is taken over from %s', async (_, lock) => {
    await writeFile(join(dataFolder, 'lock'), lock);
    await start();
    expect(await readFile(join(dataFolder, 'lock'), 'utf8')).toMatch(new RegExp(`^${process.pid} `));
  });

  test('can be used by one of many that start at once', async () => {
    await writeFile(join(dataFolder, 'lock'), '4194304 12345 boot\n');
    const outcomes = await Promise.allSettled([start(), start(), start()]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('is refused when it is a file', async () => {
    const file = join(dataFolder, 'file');
    await writeFile(file, '');
    const started = startEmbeddedPostgres({ dataFolder: file, durable: false });
    await expect(started).rejects.toMatchObject({ code: 'data-folder-unwritable' });
  });
});

describe('after a crash', () => {
  test('of Postgres: it says so, and the next start recovers', async () => {
    const first = await start();
    await query(first.url, 'create table over_crash as select 7 as n');
    process.kill(await serverPid(), 'SIGKILL');
    expect(await first.ended).toMatchObject({ code: 'postgres-failed' });
    await first.stop();
    expect(await query((await start()).url, 'select n from over_crash')).toEqual([7]);
  });

  test('of the process that started it: the next start ends the orphan', async () => {
    const first = await start();
    await query(first.url, 'create table over_orphan as select 7 as n');
    // What SIGKILL leaves: the server, and a lock whose process is gone.
    await writeFile(join(dataFolder, 'lock'), '4194304 12345 boot\n');
    const second = await start();
    expect(await first.ended).toMatchObject({ code: 'postgres-failed' });
    expect(await query(second.url, 'select n from over_orphan')).toEqual([7]);
  });

  test('of the machine: a stale postmaster.pid does no harm, whoever has its id now', async () => {
    await (await start()).stop();
    const file = join(dataFolder, 'postgres', 'postmaster.pid');
    for (const pid of [4_194_304, process.pid]) {
      await writeFile(file, `${pid}\n${join(dataFolder, 'postgres')}\n1700000000\n5432\n\n127.0.0.1\n\n`);
      await chmod(file, 0o644);
      await (await start()).stop();
    }
  });
});

test('a port in use is refused', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await expect(start(port)).rejects.toMatchObject({ code: 'port-in-use' });
  other.close();
});

test('nothing is left running after stop', async () => {
  const postgres = await start();
  const pid = await serverPid();
  await postgres.stop();
  expect(() => execFileSync('ps', ['-p', String(pid)])).toThrow();
});
