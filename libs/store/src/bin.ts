// Where each hash bin's role stands: what the fold of targets needs beside the bin's content, one row per bin.

import type { DataSource, QueryRunner } from 'typeorm';
import { type BinState, roleStateOf, roleStateText } from '#projection';
import { selectRows } from './database.js';

export const BIN_TABLE = `
  CREATE TABLE bin (
    bin integer PRIMARY KEY,
    changed bigint NOT NULL,
    role text NOT NULL
  )`;

export async function writeBinStates(
  runner: QueryRunner,
  states: ReadonlyMap<number, BinState>,
): Promise<void> {
  if (states.size === 0) return;
  const values = [...states.values()];
  await runner.query(
    `INSERT INTO bin SELECT * FROM unnest($1::integer[], $2::bigint[], $3::text[])
       ON CONFLICT (bin) DO UPDATE SET changed = excluded.changed, role = excluded.role`,
    [[...states.keys()], values.map(state => state.changed), values.map(state => roleStateText(state.role))],
  );
}

export async function readBinStates(source: DataSource): Promise<Map<number, BinState>> {
  const rows = await selectRows(source, 'SELECT * FROM bin ORDER BY bin');
  return new Map(
    rows.map(row => [Number(row.bin), { changed: Number(row.changed), role: roleStateOf(String(row.role)) }]),
  );
}
