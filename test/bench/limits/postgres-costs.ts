// The log and the projections as Postgres alone would have them, in milliseconds of one: a server like the ledger's, on the same
// disk, with the same settings.

import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { startEmbeddedPostgres } from '#host';
import { medianOf, timed } from '../statistics.js';
import type { Workplace } from '../workplace.js';
import { FULL_BYTES, SMALL_BYTES } from './machine-costs.js';

/** Rounds of appends of small and of full records; the median counts. */
const ROUNDS = 50;
const FULL_ROUNDS = 15;
/** Full records of one transaction: about what one batch of the log holds. */
const BATCH = 16;
/** Rows of one bulk insert, and the characters of their text. */
const ROWS = 10_000;
const ROW_CHARACTERS = 60;

const TABLES = `
  CREATE TABLE log_value (log_offset bigint PRIMARY KEY, value bytea NOT NULL);
  ALTER TABLE log_value ALTER COLUMN value SET STORAGE external;
  CREATE TABLE bench_row (path text PRIMARY KEY, bin integer, length bigint, content text);`;

export async function postgresCosts(folder: string, workplace: Workplace) {
  const began = performance.now();
  const postgres = await startEmbeddedPostgres({ dataFolder: folder, durable: true });
  const postgresStart = performance.now() - began;
  const stop = workplace.atEnd(() => postgres.stop());
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    await client.query(TABLES);
    const append = await appendCost(client, 0, [randomBytes(SMALL_BYTES)], ROUNDS);
    const full = Array.from({ length: BATCH }, () => randomBytes(FULL_BYTES));
    const fullAppend = (await appendCost(client, ROUNDS, full, FULL_ROUNDS)) / BATCH;
    return { postgresStart, append, fullAppend, row: await rowCost(client) };
  } finally {
    await client.end();
    await stop();
  }
}

/** Milliseconds of one transaction of these values, and of reading them back; the log has `before` values already. */
function appendCost(
  client: pg.Client,
  before: number,
  values: readonly Buffer[],
  rounds: number,
): Promise<number> {
  const places = values.map((_, i) => `($1::bigint + ${i}, $${i + 2}::bytea)`).join(',');
  return medianOf(rounds, async round => {
    const first = before + round * values.length;
    await client.query({
      name: `append-${values.length}`,
      text: `INSERT INTO log_value VALUES ${places}`,
      values: [first, ...values],
    });
    await client.query({
      name: 'read',
      text: 'SELECT value FROM log_value WHERE log_offset >= $1',
      values: [first],
    });
  });
}

async function rowCost(client: pg.Client): Promise<number> {
  await client.query('SET synchronous_commit = off');
  const paths = Array.from({ length: ROWS }, () => randomBytes(ROW_CHARACTERS / 2).toString('hex'));
  const numbers = paths.map((_, i) => i);
  const text =
    'INSERT INTO bench_row SELECT * FROM unnest($1::text[], $2::integer[], $2::bigint[], $1::text[])';
  return (await timed(() => client.query(text, [paths, numbers]))) / ROWS;
}
