// History of paths. A row says what was known of a path from the record at `since` on, until the one at `until` (excluded; null:
// still so). So any bin as of any position is one indexed query, and so is what is there now.

import type { DataSource, QueryRunner } from 'typeorm';
import type { BinContent, PathChange, PathState, Shard } from '#projection';
import type { Target } from '#tuf';
import { type Row, selectRows } from './database.js';

export const TARGET_TABLE = `
  CREATE TABLE target (
    path text COLLATE "C" NOT NULL,
    since bigint NOT NULL,
    until bigint,
    bin integer NOT NULL,
    removed boolean NOT NULL,
    length bigint NOT NULL,
    sha256 text NOT NULL,
    sha512 text,
    yanked text,
    PRIMARY KEY (path, since)
  );
  CREATE INDEX target_bin ON target (bin, since);
  CREATE INDEX target_now ON target (bin) WHERE until IS NULL`;

// In metadata a yank without a reason is `true`; no reason can be empty, so '' stands for it.
const YANKED_WITHOUT_REASON = '';

/** A path with what is known of it, and since which position. */
export interface StoredTarget {
  readonly path: string;
  readonly bin: number;
  readonly since: number;
  readonly removed: boolean;
  readonly target: Target;
}

/** Writes what records changed about paths, given in log order; of one record and path the last change counts. */
export async function writePathChanges(runner: QueryRunner, changes: readonly PathChange[]): Promise<void> {
  if (changes.length === 0) return;
  const last = new Map(changes.map(change => [`${change.position} ${change.path}`, change]));
  const rows = [...last.values()];
  await closeRows(runner, rows);
  const opened = withUntil(rows).filter(({ change }) => change.after);
  if (opened.length === 0) return;
  const state = opened.map(({ change }) => change.after!);
  await runner.query(
    `INSERT INTO target (path, since, until, bin, removed, length, sha256, sha512, yanked) SELECT * FROM
       unnest($1::text[], $2::bigint[], $3::bigint[], $4::integer[], $5::boolean[], $6::bigint[], $7::text[], $8::text[], $9::text[])`,
    [
      opened.map(({ change }) => change.path),
      opened.map(({ change }) => change.position),
      opened.map(({ until }) => until),
      opened.map(({ change }) => change.bin),
      state.map(({ removed }) => removed),
      state.map(({ target }) => target.length),
      state.map(({ target }) => target.sha256),
      state.map(({ target }) => target.sha512 ?? null),
      state.map(({ target }) => yankedColumn(target)),
    ],
  );
}

// The row that stood before the batch, if there was one, ends with the path's first change in it.
async function closeRows(runner: QueryRunner, changes: readonly PathChange[]): Promise<void> {
  const first = new Map<string, number | undefined>();
  for (const { path, position, isNew } of changes)
    if (!first.has(path)) first.set(path, isNew ? undefined : position);
  const known = [...first].filter(([, position]) => position !== undefined);
  if (known.length === 0) return;
  await runner.query(
    `UPDATE target SET until = change.position FROM unnest($1::text[], $2::bigint[]) AS change (path, position)
       WHERE target.path = change.path AND target.until IS NULL`,
    [known.map(([path]) => path), known.map(([, position]) => position)],
  );
}

function withUntil(changes: readonly PathChange[]): { change: PathChange; until: number | null }[] {
  const next = new Map<string, number>();
  const rows = [...changes].reverse().map(change => {
    const until = next.get(change.path) ?? null;
    next.set(change.path, change.position);
    return { change, until };
  });
  return rows.reverse();
}

function yankedColumn({ yanked }: Target): string | null {
  return yanked === undefined ? null : yanked === true ? YANKED_WITHOUT_REASON : yanked;
}

/** The contents of bins as they are now; a bin without paths is an empty one. */
export async function readBins(
  source: DataSource,
  bins: readonly number[],
): Promise<Map<number, BinContent>> {
  const contents = new Map(bins.map(bin => [bin, new Map() as BinContent]));
  const rows = await selectRows(
    source,
    'SELECT * FROM target WHERE bin = ANY($1::integer[]) AND until IS NULL',
    [bins],
  );
  for (const row of rows) contents.get(Number(row.bin))!.set(String(row.path), pathStateOf(row));
  return contents;
}

/** The content of each bin in the prefix that ends with the record at its position, in the order asked for. */
export async function readBinsAt(
  source: DataSource,
  wanted: readonly { readonly bin: number; readonly position: number }[],
): Promise<BinContent[]> {
  const contents = wanted.map((): BinContent => new Map());
  const rows = await selectRows(
    source,
    `SELECT w.nth, target.* FROM unnest($1::integer[], $2::bigint[]) WITH ORDINALITY AS w (bin, at, nth)
       JOIN target ON target.bin = w.bin AND since <= w.at AND (until IS NULL OR until > w.at)`,
    [wanted.map(({ bin }) => bin), wanted.map(({ position }) => position)],
  );
  for (const row of rows) contents[Number(row.nth) - 1]!.set(String(row.path), pathStateOf(row));
  return contents;
}

/** The bins of a shard that hold paths of a project now. */
export async function readBinsOfProject(
  source: DataSource,
  project: string,
  { first, last }: Shard,
): Promise<number[]> {
  const sql = `SELECT DISTINCT bin FROM target
    WHERE path >= $1 AND path < $2 AND until IS NULL AND bin BETWEEN $3::bigint AND $4::bigint`;
  const rows = await selectRows(source, sql, [...prefixRange(project), first, last]);
  return rows.map(row => Number(row.bin));
}

// "0" is the code point after "/": all paths of the project and of no other.
function prefixRange(project: string): [string, string] {
  return [`${project}/`, `${project}0`];
}

/** What is known of a path now. */
export async function readTarget(source: DataSource, path: string): Promise<StoredTarget | undefined> {
  const [row] = await selectRows(source, 'SELECT * FROM target WHERE path = $1 AND until IS NULL', [path]);
  return row && targetOf(row);
}

/** The history of a path, oldest first, from after position `after`, at most `limit` rows. */
export async function readTargetHistory(
  source: DataSource,
  path: string,
  limit: number,
  after = -1,
): Promise<StoredTarget[]> {
  const sql = 'SELECT * FROM target WHERE path = $1 AND since > $3 ORDER BY since LIMIT $2';
  return (await selectRows(source, sql, [path, limit, after])).map(targetOf);
}

/** Paths after `after`, in order, at most `limit`; of one project where it is given. */
export async function readTargets(
  source: DataSource,
  page: { project?: string; after: string; limit: number },
): Promise<StoredTarget[]> {
  const [from, to] = page.project === undefined ? ['', null] : prefixRange(page.project);
  const rows = await selectRows(
    source,
    `SELECT * FROM target WHERE path >= $1 AND ($2::text IS NULL OR path < $2) AND path > $3 AND until IS NULL
       ORDER BY path LIMIT $4`,
    [from, to, page.after, page.limit],
  );
  return rows.map(targetOf);
}

function targetOf(row: Row): StoredTarget {
  return { path: String(row.path), bin: Number(row.bin), since: Number(row.since), ...pathStateOf(row) };
}

function pathStateOf(row: Row): PathState {
  const target = {
    length: Number(row.length),
    sha256: String(row.sha256),
    ...(row.sha512 === null ? {} : { sha512: String(row.sha512) }),
    ...(row.yanked === null
      ? {}
      : { yanked: row.yanked === YANKED_WITHOUT_REASON ? (true as const) : String(row.yanked) }),
  };
  return { target, removed: row.removed === true };
}
