// Where each hash bin's role stands: what the fold of targets needs beside the bin's content, one row per bin.

import type { DataSource, QueryRunner } from 'typeorm';
import { type BinState, roleStateOf, roleStateText, type Shard } from '#projection';
import { selectRows } from './database.js';

export const BIN_TABLE = `
  CREATE TABLE bin (
    bin integer PRIMARY KEY,
    changed bigint NOT NULL,
    role text NOT NULL
  )`;

/** A row of the table. */
export interface BinRow {
  readonly bin: number;
  readonly changed: number;
  readonly role: string;
}

/** The row of a bin as it stands now. */
export function binRow(bin: number, { changed, role }: BinState): BinRow {
  return { bin, changed, role: roleStateText(role) };
}

export async function writeBinRows(runner: QueryRunner, rows: readonly BinRow[]): Promise<void> {
  if (rows.length === 0) return;
  await runner.query(
    `INSERT INTO bin SELECT * FROM unnest($1::integer[], $2::bigint[], $3::text[])
       ON CONFLICT (bin) DO UPDATE SET changed = excluded.changed, role = excluded.role`,
    [rows.map(row => row.bin), rows.map(row => row.changed), rows.map(row => row.role)],
  );
}

/** Where the bins of a shard stand. */
export async function readBinStates(
  source: DataSource,
  { first, last }: Shard,
): Promise<Map<number, BinState>> {
  const sql = 'SELECT * FROM bin WHERE bin BETWEEN $1::bigint AND $2::bigint ORDER BY bin';
  const rows = await selectRows(source, sql, [first, last]);
  return new Map(
    rows.map(row => [Number(row.bin), { changed: Number(row.changed), role: roleStateOf(String(row.role)) }]),
  );
}
