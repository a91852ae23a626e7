// Where records stand in the log. Noise and a broker's own markers take offsets and no positions, so offsets run ahead of
// positions; a row says from which position on they do so by another number than before. A log without noise has one row.

import type { DataSource, QueryRunner } from 'typeorm';
import { selectRows } from './database.js';

export const RECORD_OFFSET_TABLE = `
  CREATE TABLE record_offset (
    position bigint PRIMARY KEY,
    log_offset bigint NOT NULL
  )`;

/** A record's place: its position among records, and its offset in the log. */
export interface RecordOffset {
  readonly position: number;
  readonly offset: number;
}

/** Writes the places at which offsets leap; the caller leaves out records that directly follow the one before. */
export async function writeRecordOffsets(runner: QueryRunner, leaps: readonly RecordOffset[]): Promise<void> {
  if (leaps.length === 0) return;
  await runner.query('INSERT INTO record_offset SELECT * FROM unnest($1::bigint[], $2::bigint[])', [
    leaps.map(({ position }) => position),
    leaps.map(({ offset }) => offset),
  ]);
}

/** The log offset of the record at `position`, which must be below the projection's progress; undefined where nothing was folded. */
export async function readRecordOffset(source: DataSource, position: number): Promise<number | undefined> {
  const [row] = await selectRows(
    source,
    'SELECT * FROM record_offset WHERE position <= $1 ORDER BY position DESC LIMIT 1',
    [position],
  );
  return row && Number(row.log_offset) + position - Number(row.position);
}

/**
 * The position of the record at a log offset, which must be below the projection's progress; undefined where there is noise or
 * nothing. For noise behind the last record it is a position that the projection has not folded.
 */
export async function readRecordPosition(source: DataSource, offset: number): Promise<number | undefined> {
  const [row] = await selectRows(
    source,
    'SELECT * FROM record_offset WHERE log_offset <= $1 ORDER BY position DESC LIMIT 1',
    [offset],
  );
  if (!row) return undefined;
  const position = Number(row.position) + offset - Number(row.log_offset);
  // Behind the last record before a leap there is none: the position that it would have is another offset's.
  return (await readRecordOffset(source, position)) === offset ? position : undefined;
}

/** Records that stand one behind the other in the log: the place of the first, and how many they are. */
export interface RecordRun extends RecordOffset {
  readonly count: number;
}

/** Where the records from `first` to `last` stand, in their order; all must be below the projection's progress. */
export async function readRecordRuns(source: DataSource, first: number, last: number): Promise<RecordRun[]> {
  const rows = await selectRows(
    source,
    `SELECT * FROM record_offset
      WHERE position >= (SELECT coalesce(max(position), 0) FROM record_offset WHERE position <= $1) AND position <= $2
      ORDER BY position`,
    [first, last],
  );
  return rows.map((row, i) => {
    const leap = Number(row.position);
    const position = Math.max(leap, first);
    const next = rows[i + 1];
    const end = next ? Number(next.position) : last + 1;
    return { position, offset: Number(row.log_offset) + position - leap, count: end - position };
  });
}
