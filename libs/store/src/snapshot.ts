// Snapshot files: the length and SHA-256 of each complete one, which the timestamp lists.

import type { QueryRunner } from 'typeorm';
import type { SnapshotFile } from '#projection';
import type { Row } from './database.js';
import type { RowsQuery } from './rows-query.js';

export const SNAPSHOT_FILE_TABLE = `
  CREATE TABLE snapshot_file (
    version bigint PRIMARY KEY,
    position bigint NOT NULL,
    length bigint NOT NULL,
    sha256 text NOT NULL
  );
  CREATE INDEX snapshot_file_position ON snapshot_file (position)`;

/** A snapshot's file, with the position of the record that completed it. */
export interface StoredSnapshotFile extends SnapshotFile {
  readonly position: number;
}

export async function writeSnapshotFiles(
  runner: QueryRunner,
  files: readonly StoredSnapshotFile[],
): Promise<void> {
  for (const { version, position, length, sha256 } of files) {
    await runner.query('INSERT INTO snapshot_file VALUES ($1, $2, $3, $4)', [
      version,
      position,
      length,
      sha256,
    ]);
  }
}

/** The snapshots that the records from `first` to `last` completed. */
export function snapshotFilesBetween(first: number, last: number): RowsQuery<StoredSnapshotFile> {
  const sql = 'SELECT * FROM snapshot_file WHERE position BETWEEN $1 AND $2';
  return { sql, values: [first, last], of: fileOf };
}

function fileOf(row: Row): StoredSnapshotFile {
  return {
    version: Number(row.version),
    position: Number(row.position),
    length: Number(row.length),
    sha256: String(row.sha256),
  };
}
