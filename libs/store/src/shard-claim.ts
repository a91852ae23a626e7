// How a projection comes to be divided into other shards. Rows of all shards lie in the same tables, so only the rows of progress
// change: one is split where a shard begins or ends in its middle, and neighbours that stand at the same position are joined.
// Nothing is folded anew.
//
// Promises: whoever was folding those bins finds its row gone, commits nothing any more and is told `shard-taken`. A claim is
// on the disk when it returns, so that no crash of Postgres gives the bins back.

import type { DataSource, QueryRunner } from 'typeorm';
import { isSameShard, type Shard, shardsOverlap } from '#projection';
import { inTransaction } from './database.js';
import { moveProgress, OVERLAPPING, type Progress, progressOf } from './progress.js';
import { schemaOf } from './progress-notice.js';

/** The states of the folds of neighbours, in the order of bins, as the state of one. */
export type JoinStates = (states: readonly string[]) => string;

/**
 * Makes the bins of a shard its own, as a service does when it starts. Gives the shards by which it has to fold them, in the order
 * of bins: one, or several as long as they stand at different positions. Bins that nobody has folded are one without progress.
 */
export async function claimShard(source: DataSource, shard: Shard, join: JoinStates): Promise<Shard[]> {
  return inTransaction(source, async runner => {
    // Waits for commits under way, and holds off others until the rows are as they are to be.
    await runner.query('LOCK TABLE progress IN SHARE ROW EXCLUSIVE MODE');
    const rows = await runner.query(OVERLAPPING, [shard.first, shard.last]);
    const before: Progress[] = rows.map(progressOf);
    const after = joinWithin(
      shard,
      before.flatMap(row => splitAt(shard, row)),
      join,
    );
    if (!isSameDivision(before, after)) await rewrite(runner, schemaOf(source), before, after);
    return withGaps(
      shard,
      after.map(row => row.shard).filter(other => shardsOverlap(shard, other)),
    );
  });
}

async function rewrite(
  runner: QueryRunner,
  schema: string,
  before: readonly Progress[],
  after: readonly Progress[],
): Promise<void> {
  await runner.query('SET LOCAL synchronous_commit = on');
  await runner.query('DELETE FROM progress WHERE first_bin = ANY($1::bigint[])', [
    before.map(({ shard }) => shard.first),
  ]);
  for (const row of after) await moveProgress(runner, schema, undefined, row);
}

function isSameDivision(before: readonly Progress[], after: readonly Progress[]): boolean {
  return (
    before.length === after.length && before.every(({ shard }, i) => isSameShard(shard, after[i]!.shard))
  );
}

/** The parts of a row before a shard, in it and after it. */
function splitAt({ first, last }: Shard, row: Progress): Progress[] {
  const { shard } = row;
  const parts = [
    { first: shard.first, last: Math.min(shard.last, first - 1) },
    { first: Math.max(shard.first, first), last: Math.min(shard.last, last) },
    { first: Math.max(shard.first, last + 1), last: shard.last },
  ];
  return parts.filter(part => part.first <= part.last).map(part => ({ ...row, shard: part }));
}

/** Joins neighbours in a shard that have folded the same records. */
function joinWithin(shard: Shard, rows: readonly Progress[], join: JoinStates): Progress[] {
  const joined: Progress[] = [];
  for (const row of rows) {
    const last = joined.at(-1);
    const isInside =
      last !== undefined && shardsOverlap(shard, last.shard) && shardsOverlap(shard, row.shard);
    if (isInside && isNext(last, row)) joined.splice(-1, 1, joinRows(last, row, join));
    else joined.push(row);
  }
  return joined;
}

function isNext(a: Progress, b: Progress): boolean {
  return a.shard.last + 1 === b.shard.first && a.position === b.position && a.rootHash === b.rootHash;
}

function joinRows(a: Progress, b: Progress, join: JoinStates): Progress {
  return {
    ...a,
    shard: { first: a.shard.first, last: b.shard.last },
    // One may have read farther over noise; to read that again does no harm.
    offset: Math.min(a.offset, b.offset),
    state: join([a.state, b.state]),
  };
}

/** The shards that divide all of `shard`, those in between that are missing among them. */
function withGaps({ first, last }: Shard, shards: readonly Shard[]): Shard[] {
  const all: Shard[] = [];
  let next = first;
  for (const shard of shards) {
    if (shard.first > next) all.push({ first: next, last: shard.first - 1 });
    all.push(shard);
    next = shard.last + 1;
  }
  if (next <= last) all.push({ first: next, last });
  return all;
}
