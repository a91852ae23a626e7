// What the machine allows, measured in the same run as the figures: every figure is read as a ratio to its limit, since an
// absolute time on a shared machine says little.

import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '#host';
import { type Log, PostgresLog } from '#log';
import { memoryKey, nativeCrypto } from '#signing';
import { percentile, timed } from './measure.js';

/** Rounds of each small measurement; the median counts. */
const ROUNDS = 40;
/** About what a bin's file, a small record and a snapshot of 256 bins hold. */
const SMALL_BYTES = 2_000;

/** A record that is nearly full, in bytes. */
const LARGE_BYTES = 64_000;
/** Rows of the bulk insert. */
const ROWS = 10_000;

/** Milliseconds of single operations. */
export interface Limits {
  /** One append of a small value to a log of its own, read back; and of a nearly full record. */
  readonly append: number;
  readonly largeAppend: number;
  /** One write of a small file flushed to the disk, as the signer's memory is. */
  readonly sync: number;
  /** One write of a small file, not flushed. */
  readonly file: number;
  /** One Ed25519 signature, and one verification. */
  readonly sign: number;
  readonly verify: number;
  /** One row of a bulk insert. */
  readonly row: number;
}

/** Measures the limits on the disk of the temporary folder, with a Postgres of its own. */
export async function measureLimits(): Promise<Limits> {
  const folder = await mkdtemp(join(tmpdir(), 'tuf-ledger-limits-'));
  const postgres = await startEmbeddedPostgres({ dataFolder: folder, durable: true });
  const pool = new pg.Pool({ connectionString: postgres.url });
  const log = await PostgresLog.open(pool);
  try {
    return { ...(await measureMachine(folder)), ...(await measurePostgres(log, pool)) };
  } finally {
    await log.close();
    await pool.end();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureMachine(folder: string) {
  const bytes = new Uint8Array(SMALL_BYTES);
  const key = memoryKey('11'.repeat(32));
  const signature = await key.sign(bytes);
  return {
    sync: await median(() => syncFile(join(folder, 'synced'), bytes)),
    file: await median(() => writeFile(join(folder, 'file'), bytes)),
    sign: await median(() => key.sign(bytes)),
    verify: await median(async () => nativeCrypto.verify(key.key, bytes, signature)),
  };
}

async function measurePostgres(log: Log, pool: pg.Pool) {
  const small = new Uint8Array(SMALL_BYTES);
  const large = randomBytes(LARGE_BYTES);
  await pool.query('CREATE TABLE bench_row (id integer PRIMARY KEY, text text)');
  const ids = Array.from({ length: ROWS }, (_, i) => i);
  const insert = () =>
    pool.query('INSERT INTO bench_row SELECT * FROM unnest($1::integer[], $2::text[])', [
      ids,
      ids.map(id => `row ${id}`.repeat(20)),
    ]);
  return {
    append: await median(() => log.append([small])),
    largeAppend: await median(() => log.append([large])),
    row: (await timed(insert)) / ROWS,
  };
}

async function syncFile(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  await file.write(bytes);
  await file.datasync();
  await file.close();
}

async function median(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return percentile(times, 50);
}
