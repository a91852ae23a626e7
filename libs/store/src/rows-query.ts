// A question for rows, asked alone or together with how far the projection has come, in one statement: both are of one moment.

import type { DataSource } from 'typeorm';
import { type Row, selectRows } from './database.js';
import { WATERMARK } from './progress.js';

export interface RowsQuery<T> {
  readonly sql: string;
  readonly values: readonly unknown[];
  readonly of: (row: Row) => T;
}

export async function readRows<T>(source: DataSource, { sql, values, of }: RowsQuery<T>): Promise<T[]> {
  return (await selectRows(source, sql, values)).map(of);
}

/** The rows, in any order, and how many records the whole projection had folded when they were read. */
export async function readRowsAsOf<T>(
  source: DataSource,
  { sql, values, of }: RowsQuery<T>,
): Promise<{ readonly watermark: number; readonly rows: T[] }> {
  const rows = await selectRows(
    source,
    `SELECT watermark.position AS watermark, found.* FROM ${WATERMARK} AS watermark
       LEFT JOIN (SELECT true AS found, asked.* FROM (${sql}) AS asked) AS found ON true`,
    values,
  );
  return { watermark: Number(rows[0]!.watermark), rows: rows.filter(row => row.found === true).map(of) };
}
