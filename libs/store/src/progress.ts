// How far a projection has come. It commits together with what it covers, by compare-and-set on (position, Merkle root of the
// prefix): a second writer on the same schema loses, and neither can tear what the other wrote (DESIGN law 7).
//
// A projection may be folded in shards, each a range of bins. Their rows lie in the same tables, and each has a row of progress
// of its own; ranges can't overlap, Postgres itself sees to it. One that is not divided has one row, of all bins. The watermark
// of a schema is the least position of its rows, if they cover all bins: what lies below it is there, whoever wrote it.

import type { DataSource, QueryRunner } from 'typeorm';
import { coverAllBins, isSameShard, type Shard, shardText, WHOLE } from '#projection';
import { inTransaction, type Row, selectRows, withStoreErrors } from './database.js';
import { StoreError } from './errors.js';
import { progressChannel, progressNotice, schemaOf } from './progress-notice.js';

/** The progress of a projection, as of its last commit. */
export interface Progress {
  /** The bins that it is of. */
  readonly shard: Shard;
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

/** The table that every projection has, as it was first. */
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

/** The one row becomes the row of all bins. */
export const PROGRESS_OF_SHARDS = [
  `ALTER TABLE progress DROP COLUMN id, ADD COLUMN first_bin bigint NOT NULL DEFAULT ${WHOLE.first},
     ADD COLUMN last_bin bigint NOT NULL DEFAULT ${WHOLE.last}`,
  `ALTER TABLE progress ALTER COLUMN first_bin DROP DEFAULT, ALTER COLUMN last_bin DROP DEFAULT,
     ADD PRIMARY KEY (first_bin),
     ADD CHECK (${WHOLE.first} <= first_bin AND first_bin <= last_bin AND last_bin <= ${WHOLE.last}),
     ADD EXCLUDE USING gist (int8range(first_bin, last_bin, '[]') WITH &&)`,
];

/** The schema's watermark as a subquery. Ranges never overlap, so they cover all bins if their lengths add up to all. */
export const WATERMARK = `(
  SELECT CASE WHEN sum(last_bin - first_bin + 1) = ${WHOLE.last}::bigint + 1 THEN min(position) ELSE 0 END AS position
    FROM progress)`;

/** Rows of progress that have bins in common with a shard, by their first bin. */
export const OVERLAPPING =
  'SELECT * FROM progress WHERE last_bin >= $1 AND first_bin <= $2 ORDER BY first_bin';

/**
 * The progress of a shard, or undefined where none of its bins was folded yet.
 * @throws StoreError `shard-taken` where its bins are divided otherwise.
 */
export async function readProgress(source: DataSource, shard = WHOLE): Promise<Progress | undefined> {
  const found = (await selectRows(source, OVERLAPPING, [shard.first, shard.last])).map(progressOf);
  const [progress] = found;
  if (!progress || isSameShard(progress.shard, shard)) return progress;
  throw new StoreError(
    'shard-taken',
    `This service folds ${shardText(shard)}, but the projection is divided otherwise: ${found.map(other => shardText(other.shard)).join(', ')}. ` +
      'Another process was started with other bins. Give both bins that do not overlap, and start this one again.',
  );
}

/** How many records the whole projection has folded; 0 where bins are not covered by any shard. */
export async function readWatermark(source: DataSource): Promise<number> {
  const [row] = await selectRows(source, `SELECT position FROM ${WATERMARK} AS watermark`);
  return Number(row!.position);
}

/** What the folds of all shards keep of themselves; undefined where bins are not covered by any. */
export async function readFoldStates(source: DataSource): Promise<string[] | undefined> {
  const rows = await selectRows(source, 'SELECT first_bin, last_bin, state FROM progress');
  return coverAllBins(rows.map(shardOfRow)) ? rows.map(row => String(row.state)) : undefined;
}

function shardOfRow(row: Row): Shard {
  return { first: Number(row.first_bin), last: Number(row.last_bin) };
}

export function progressOf(row: Row): Progress {
  return {
    shard: shardOfRow(row),
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
  const schema = schemaOf(source);
  if (!write) return withStoreErrors(() => moveProgress(source, schema, before, next));
  await inTransaction(source, async runner => {
    await moveProgress(runner, schema, before, next);
    await write(runner);
  });
}

/** One statement, so that a commit of nothing else needs no transaction around it; the notice leaves when it commits. */
export async function moveProgress(
  runner: QueryRunner | DataSource,
  schema: string,
  before: Progress | undefined,
  next: Progress,
): Promise<void> {
  const { shard } = next;
  const columns = [
    next.position,
    next.rootHash,
    next.offset,
    next.lastOffset,
    next.lastHash,
    next.reader,
    next.state,
    progressChannel(schema),
    progressNotice({ schema, shard, position: next.position }),
    shard.first,
    shard.last,
  ];
  const rows = before
    ? await runner.query(
        `UPDATE progress SET position = $1, root_hash = $2, next_offset = $3, last_offset = $4, last_hash = $5, reader = $6,
           state = $7 WHERE first_bin = $10 AND last_bin = $11 AND position = $12 AND root_hash = $13 RETURNING pg_notify($8, $9)`,
        [...columns, before.position, before.rootHash],
      )
    : await runner.query(
        `INSERT INTO progress (position, root_hash, next_offset, last_offset, last_hash, reader, state, first_bin, last_bin)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $10, $11) ON CONFLICT DO NOTHING RETURNING pg_notify($8, $9)`,
        columns,
      );
  // TypeORM gives [rows, count] for an update and rows for an insert.
  const moved = before ? (rows as [unknown[], number])[1] : (rows as unknown[]).length;
  if (moved === 1) return;
  throw new StoreError(
    'projection-conflict',
    `Another writer moved this projection from position ${before?.position ?? 0}; this service reads it anew. ` +
      'If this repeats, two processes are configured with the same schema and the same bins: give each its own.',
  );
}
