// How far a projection has come. It commits together with what it covers, by compare-and-set on (position, Merkle root of the
// prefix): a second writer on the same schema loses, and neither can tear what the other wrote (DESIGN law 7).

import type { DataSource, QueryRunner } from 'typeorm';
import { inTransaction, type Row, selectRows, withStoreErrors } from './database.js';
import { StoreError } from './errors.js';

/** The progress of a projection, as of its last commit. */
export interface Progress {
  /** Records folded, which is the position of the next. */
  readonly position: number;
  /** Merkle root (hex) of those records. */
  readonly rootHash: string;
  /** The log offset to read from next. */
  readonly offset: number;
  /** The log offset of the last record, and the SHA-256 (hex) of its value: read again at each start. */
  readonly lastOffset: number;
  readonly lastHash: string;
  /** The reader and the fold, as text (Reader.save and the service's own). */
  readonly reader: string;
  readonly state: string;
}

/** The channel on which a schema's new position is told, as `schema:position`. */
export const PROGRESS_CHANNEL = 'tuf_ledger_progress';

/** The table that every projection has. */
export const PROGRESS_TABLE = `
  CREATE TABLE progress (
    id smallint PRIMARY KEY CHECK (id = 1),
    position bigint NOT NULL,
    root_hash text NOT NULL,
    next_offset bigint NOT NULL,
    last_offset bigint NOT NULL,
    last_hash text NOT NULL,
    reader text NOT NULL,
    state text NOT NULL
  )`;

/** The projection's progress, or undefined where it has none yet. */
export async function readProgress(source: DataSource): Promise<Progress | undefined> {
  const [row] = await selectRows(source, 'SELECT * FROM progress');
  return row && progressOf(row);
}

function progressOf(row: Row): Progress {
  return {
    position: Number(row.position),
    rootHash: String(row.root_hash),
    offset: Number(row.next_offset),
    lastOffset: Number(row.last_offset),
    lastHash: String(row.last_hash),
    reader: String(row.reader),
    state: String(row.state),
  };
}

/**
 * Commits what `write` writes, if anything, together with `next`, if the projection still stands where it stood at `before`.
 * @throws StoreError `projection-conflict` where another writer moved it.
 */
export async function commitProgress(
  source: DataSource,
  before: Progress | undefined,
  next: Progress,
  write?: (runner: QueryRunner) => Promise<void>,
): Promise<void> {
  const { schema } = source.options as { schema?: string };
  if (!write) return withStoreErrors(() => moveProgress(source, `${schema}`, before, next));
  await inTransaction(source, async runner => {
    await moveProgress(runner, `${schema}`, before, next);
    await write(runner);
  });
}

/** Tells whoever watches that this schema has come to `position`, when the transaction commits. */
export async function notifyProgress(
  runner: QueryRunner,
  source: DataSource,
  position: number,
): Promise<void> {
  const { schema } = source.options as { schema?: string };
  await runner.query('SELECT pg_notify($1, $2)', [PROGRESS_CHANNEL, `${schema}:${position}`]);
}

/** One statement, so that a commit of nothing else needs no transaction around it; the notice leaves when it commits. */
async function moveProgress(
  runner: QueryRunner | DataSource,
  schema: string,
  before: Progress | undefined,
  next: Progress,
): Promise<void> {
  const columns = [
    next.position,
    next.rootHash,
    next.offset,
    next.lastOffset,
    next.lastHash,
    next.reader,
    next.state,
    PROGRESS_CHANNEL,
    `${schema}:${next.position}`,
  ];
  const rows = before
    ? await runner.query(
        `UPDATE progress SET position = $1, root_hash = $2, next_offset = $3, last_offset = $4, last_hash = $5, reader = $6,
           state = $7 WHERE id = 1 AND position = $10 AND root_hash = $11 RETURNING pg_notify($8, $9)`,
        [...columns, before.position, before.rootHash],
      )
    : await runner.query(
        `INSERT INTO progress (id, position, root_hash, next_offset, last_offset, last_hash, reader, state)
           VALUES (1, $1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING pg_notify($8, $9)`,
        columns,
      );
  // TypeORM gives [rows, count] for an update and rows for an insert.
  const moved = before ? (rows as [unknown[], number])[1] : (rows as unknown[]).length;
  if (moved === 1) return;
  throw new StoreError(
    'projection-conflict',
    `Another writer moved this projection from position ${before?.position ?? 0}; this service reads it anew. ` +
      'If this repeats, two services are configured with the same schema: give each its own.',
  );
}
