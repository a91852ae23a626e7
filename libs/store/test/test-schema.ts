import type { DataSource, QueryRunner } from 'typeorm';
import { afterAll, beforeAll } from 'vitest';
import { WHOLE } from '#projection';
import { commitProgress, openSchema, type Progress, TARGETS_MIGRATIONS } from '#store';
import { startPostgres, type TestPostgres } from '../../../test/fixtures/postgres.js';

/** Starts one Postgres for a test file. The function that it gives opens a schema of the test's own. */
export function testSchemas(): (
  name?: string,
  migrations?: typeof TARGETS_MIGRATIONS,
) => Promise<DataSource> {
  let postgres: TestPostgres;
  const sources: DataSource[] = [];
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(async () => {
    await Promise.all(sources.map(source => source.destroy()));
    await postgres?.stop();
  });
  return async (name = `own_${sources.length}`, migrations = TARGETS_MIGRATIONS) => {
    const source = await openSchema({ url: postgres.url, schema: name }, migrations);
    sources.push(source);
    return source;
  };
}

/** Some progress at a position; `branch` stands for the prefix that it comes from. */
export function progressAt(position: number, branch = 'a', shard = WHOLE): Progress {
  return {
    shard,
    position,
    rootHash: `root-${position}-${branch}`,
    offset: position + 2,
    lastOffset: position + 1,
    lastHash: `last-${position}`,
    reader: `reader-${position}`,
    state: `{"position":${position}}`,
  };
}

/** Commits rows, whatever the progress. */
export async function commit(
  source: DataSource,
  write: (runner: QueryRunner) => Promise<void>,
): Promise<void> {
  const [row] = await source.query('SELECT position, root_hash FROM progress');
  const before = row && { ...progressAt(Number(row.position)), rootHash: row.root_hash as string };
  await commitProgress(source, before, progressAt((before?.position ?? 0) + 1), write);
}
