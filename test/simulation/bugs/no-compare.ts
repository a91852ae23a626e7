import type { DataSource, QueryRunner } from 'typeorm';
import type { Bug } from '../bug.js';

const COMPARED = 'AND position = $12 AND root_hash = $13';
const UNCOMPARED = 'AND $12::bigint > 0 AND $13::text > $14';

/** A projector sets its progress without comparing it, and has a second process beside it. */
export const noCompare: Bug = {
  name: 'progress set without a comparison',
  breaks: ['rows are the effects of the log', 'liveness', 'no service stops'],
  setting: { twin: 'targets', together: false },
  source: source => {
    const { createQueryRunner } = source;
    return Object.assign(careless(source), {
      createQueryRunner: () => careless(createQueryRunner.call(source)),
    });
  },
};

function careless<T extends DataSource | QueryRunner>(target: T): T {
  const query = target.query.bind(target) as (sql: string, values?: unknown[]) => Promise<unknown>;
  const withoutCompare = (sql: string, values?: unknown[]) =>
    query(sql.replace(COMPARED, UNCOMPARED), used(sql, values));
  return Object.assign(target, { query: withoutCompare });
}

/** Postgres wants every parameter to be used. */
function used(sql: string, values: unknown[] = []): unknown[] {
  return sql.includes(COMPARED) ? [...values, ''] : values;
}
