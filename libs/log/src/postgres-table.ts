/**
 * The table of a log in Postgres:
 *
 *     <schema>.log_value (log_offset bigint primary key, value bytea not null)
 *
 * Offsets ascend from 0 without gaps. Rows are only ever inserted, by `<schema>.append_values(bytea[])`, which takes
 * an advisory lock until its transaction ends: so offsets become visible in their order (a sequence would let 5
 * commit before 4), and it raises a notification on the channel `<schema>` that says the end of the log.
 */

import { DatabaseError, type Pool, type QueryResultRow } from 'pg';
import { encodeByteaArray } from './bytea-array.js';
import { asLogError, LogError } from './errors.js';

/** How long a statement may take, in milliseconds, before its connection is thrown away. */
const QUERY_TIMEOUT_MS = 30_000;

const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;
const SHAPE = 'rp (log_offset bigint not null, value bytea not null) PRIMARY KEY (log_offset)';

export interface ValueRow extends QueryResultRow {
  /** A bigint, which the driver gives as text. */
  readonly log_offset: string;
  readonly value: Buffer;
}

/** The statements of one log's table. Every method fails with a `LogError`. */
export class PostgresTable {
  readonly schema: string;
  readonly #pool: Pool;

  constructor(pool: Pool, schema: string) {
    if (!SCHEMA_NAME.test(schema)) {
      throw new LogError('log-shape', `"${schema}" is no name for the log's schema: use a-z, 0-9 and "_".`);
    }
    this.schema = schema;
    this.#pool = pool;
  }

  /** Creates schema, table and function where they are missing. Refuses a table of another shape (`log-shape`). */
  async create(): Promise<void> {
    const { schema } = this;
    await this.#query(`
      select pg_advisory_xact_lock(${this.#lockKey});
      create schema if not exists "${schema}";
      create table if not exists "${schema}".log_value (
        log_offset bigint primary key,
        value bytea not null
      );`);
    await this.#checkShape();
    await this.#query(`
      select pg_advisory_xact_lock(${this.#lockKey});
      -- Values hardly compress, and uncompressed ones tell their length without being read.
      alter table "${schema}".log_value alter column value set storage external;
      create or replace function "${schema}".append_values(batch bytea[]) returns bigint
      language plpgsql as $body$
      declare
        first bigint;
      begin
        perform pg_advisory_xact_lock(${this.#lockKey});
        if current_setting('synchronous_commit') not in ('on', 'remote_apply') then
          perform set_config('synchronous_commit', 'on', true);
        end if;
        -- A statement of its own, so that it sees what was committed before the lock was given.
        select coalesce(max(log_offset) + 1, 0) into first from "${schema}".log_value;
        insert into "${schema}".log_value
          select first + nth - 1, item from unnest(batch) with ordinality as items(item, nth);
        perform pg_notify('${schema}', (first + cardinality(batch))::text);
        return first;
      end
      $body$;`);
  }

  /** Appends in one transaction. Returns the first offset. */
  async append(values: readonly Uint8Array[]): Promise<number> {
    const rows = await this.#query<{ first: string }>(
      `select "${this.schema}".append_values($1::bytea[]) as first`,
      [encodeByteaArray(values)],
    );
    return Number(rows[0]!.first);
  }

  /** Waits until every append that was under way has committed or failed. */
  async settle(): Promise<void> {
    await this.#query(`select pg_advisory_xact_lock(${this.#lockKey})`);
  }

  /** Rows from an offset on: at most so many, and so many bytes of values unless the first alone has more. */
  page(from: number, maxEntries: number, maxBytes: number): Promise<ValueRow[]> {
    return this.#query<ValueRow>(
      `select log_offset, value
       from (
         select log_offset, value,
           row_number() over rows_before as nth,
           sum(octet_length(value)) over rows_before as bytes
         from (
           select log_offset, value from "${this.schema}".log_value
           where log_offset >= $1 order by log_offset limit $2
         ) as page
         window rows_before as (order by log_offset rows unbounded preceding)
       ) as sized
       where nth = 1 or bytes <= $3
       order by log_offset`,
      [from, maxEntries, maxBytes],
    );
  }

  async bounds(): Promise<{ start: number; end: number }> {
    const rows = await this.#query<{ start: string; end: string }>(
      `select coalesce(min(log_offset), 0) as start, coalesce(max(log_offset) + 1, 0) as end
       from "${this.schema}".log_value`,
    );
    return { start: Number(rows[0]!.start), end: Number(rows[0]!.end) };
  }

  get #lockKey(): string {
    return `hashtextextended('tuf-ledger log ${this.schema}', 0)`;
  }

  async #checkShape(): Promise<void> {
    const rows = await this.#query<{ shape: string }>(
      `select relkind::text || relpersistence::text || ' (' || (
           select string_agg(
             attname || ' ' || format_type(atttypid, atttypmod) || case when attnotnull then ' not null' else '' end,
             ', ' order by attnum)
           from pg_attribute where attrelid = pg_class.oid and attnum > 0 and not attisdropped
         ) || ') ' || coalesce(
           (select pg_get_constraintdef(oid) from pg_constraint where conrelid = pg_class.oid and contype = 'p'),
           'without a primary key') as shape
       from pg_class where oid = to_regclass('"${this.schema}".log_value')`,
    );
    const found = rows[0]?.shape;
    if (found === SHAPE) return;
    throw new LogError(
      'log-shape',
      `Table ${this.schema}.log_value is "${found}" where "${SHAPE}" is wanted.`,
    );
  }

  async #query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]> {
    const query = { text, query_timeout: QUERY_TIMEOUT_MS, ...(values && { values }) };
    try {
      return (await this.#pool.query<Row>(query)).rows;
    } catch (error) {
      throw postgresError(error, `Postgres, schema ${this.schema},`);
    }
  }
}

/**
 * SQLSTATE classes that say "this database is not as the log needs it": privileges and undefined or wrong objects
 * (42), other objects depending (2B), read-only transactions (25006).
 */
const SHAPE_STATES = /^(42|2B|25006)/;

function postgresError(error: unknown, doing: string): LogError {
  if (error instanceof DatabaseError && SHAPE_STATES.test(error.code ?? '')) {
    return new LogError('log-shape', `${doing} refused (${error.code}): ${error.message}.`, { cause: error });
  }
  return asLogError(error, doing);
}
