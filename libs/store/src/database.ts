// Port: projections. One Postgres schema per service, written by that service alone and read by others as facts.
//
// Promises: what one commit writes becomes visible at once and together with the progress that it belongs to. Durable only
// as far as Postgres flushed it: projections are derivable, so commits do not wait for the disk (`synchronous_commit = off`),
// and after a crash a service goes on from the last progress that survived.
// Trust: none. Whoever owns this database can delay what is published or make a service stop; signatures are made by the
// signer from its own fold of the log, so a lie written here verifies nowhere.

import pg from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { StoreError } from './errors.js';

/** Where a projection lives. */
export interface SchemaOptions {
  /** A `postgres://` URL. */
  readonly url: string;
  /** The service's own schema. */
  readonly schema: string;
  /** At most so many connections. */
  readonly connections?: number;
}

/** A migration of one schema; its class name ends in a timestamp, as TypeORM asks. */
export type MigrationClass = new () => MigrationInterface;

const SCHEMA_FORM = /^[a-z_][a-z0-9_]{0,47}$/;
const DEFAULT_CONNECTIONS = 4;

/** Rows as Postgres gives them; bigint columns come as text. */
export type Row = Record<string, string | number | boolean | null>;

/**
 * A connection whose loss is always heard. TypeORM listens a moment after a connection was made, and one that breaks in between
 * would end the process; whoever uses it is told by the next query anyway.
 */
class HeardClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}

/** Names of prepared statements by their texts; what comes after so many different ones is not prepared. */
const statementNames = new Map<string, string>();
const MAX_NAMED_STATEMENTS = 500;
/** A table has changed since a statement that gives all of its columns was prepared (SQLSTATE). */
const PLAN_OUTDATED = '0A000';

/**
 * A client whose statements with parameters are prepared: parsed and planned once for each connection. A projector asks the same few
 * all the time, and planning most of them takes Postgres longer than doing them.
 */
class PreparingClient extends HeardClient {
  override query(...asked: never[]): never {
    const [text, values, callback] = asked as unknown[];
    const plain = super.query.bind(this) as (...asked: unknown[]) => never;
    if (typeof text !== 'string' || !Array.isArray(values) || values.length === 0 || callback)
      return plain(...asked);
    const name = statementName(text);
    if (name === undefined) return plain(text, values);
    return this.whole(plain({ name, text, values })) as never;
  }

  /** A service of a newer release may have migrated its schema meanwhile: the next connection prepares anew. */
  private async whole<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if ((error as pg.DatabaseError).code === PLAN_OUTDATED) void this.end().catch(() => undefined);
      throw error;
    }
  }
}

function statementName(text: string): string | undefined {
  const known = statementNames.get(text);
  if (known !== undefined || statementNames.size >= MAX_NAMED_STATEMENTS) return known;
  const name = `statement_${statementNames.size}`;
  statementNames.set(text, name);
  return name;
}

/** Connects to a schema, creates it where it is missing, and brings its tables up to date. */
export async function openSchema(
  options: SchemaOptions,
  migrations: readonly MigrationClass[],
): Promise<DataSource> {
  const source = schemaSource(options, migrations);
  await connectOwned(source);
  return source;
}

/**
 * A schema that is not connected to yet: until then whatever is asked of it fails with `store-unavailable`. `migrations` are those of
 * the service that owns it; who only reads it gives none.
 */
export function schemaSource(
  { url, schema, connections = DEFAULT_CONNECTIONS }: SchemaOptions,
  migrations: readonly MigrationClass[] = [],
): DataSource {
  if (!SCHEMA_FORM.test(schema)) {
    throw new StoreError(
      'store-shape',
      `"${schema}" is no name for a schema; use [a-z_][a-z0-9_]* of at most 48 characters.`,
    );
  }
  return new DataSource({
    type: 'postgres',
    url,
    schema,
    poolSize: connections,
    migrations: [...migrations],
    migrationsTableName: 'migration',
    extra: { options: `-c search_path=${schema} -c synchronous_commit=off`, Client: PreparingClient },
  });
}

/** Connects to a schema as its owner: creates it where it is missing, and brings its tables up to date. */
export function connectOwned(source: DataSource): Promise<unknown> {
  const { url, schema } = source.options as { url?: string; schema?: string };
  return withStoreErrors(() => aloneOnSchema(`${url}`, `${schema}`, () => connect(source)));
}

/** Connects to a schema as a reader; it need not be there yet. */
export function connectReader(source: DataSource): Promise<unknown> {
  return withStoreErrors(() => source.initialize());
}

/** Resolves when Postgres answers. @throws StoreError `store-unavailable`. */
export async function ping(source: DataSource): Promise<void> {
  await withStoreErrors(() => source.query('SELECT 1'));
}

/** Creates the schema where it is missing, and runs `work` while no other service does the same: migrations don't bear company. */
async function aloneOnSchema<T>(url: string, schema: string, work: () => Promise<T>): Promise<T> {
  const source = new DataSource({ type: 'postgres', url, poolSize: 1, extra: { Client: HeardClient } });
  await source.initialize();
  // The lock is the connection's, and ends with it.
  const runner = source.createQueryRunner();
  try {
    await runner.query("SELECT pg_advisory_lock(hashtextextended('tuf-ledger schema ' || $1, 0))", [schema]);
    await runner.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    return await work();
  } finally {
    await runner.release().catch(() => undefined);
    await source.destroy();
  }
}

async function connect(source: DataSource): Promise<DataSource> {
  await source.initialize();
  try {
    await source.runMigrations({ transaction: 'each' });
    return source;
  } catch (error) {
    await source.destroy();
    throw error;
  }
}

/** Runs `work` in one transaction. */
export async function inTransaction<T>(
  source: DataSource,
  work: (runner: QueryRunner) => Promise<T>,
): Promise<T> {
  const runner = source.createQueryRunner();
  return withStoreErrors(async () => {
    try {
      await runner.startTransaction();
      const result = await work(runner);
      await runner.commitTransaction();
      return result;
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release().catch(() => undefined);
    }
  });
}

/** Rows of a query. */
export async function selectRows(
  source: DataSource,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  return withStoreErrors(() => source.query<Row[]>(sql, [...values]));
}

/** Runs `work`; what Postgres does not do becomes a StoreError. */
export async function withStoreErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(
      'store-unavailable',
      `Postgres did not do what was asked: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}
