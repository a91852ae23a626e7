// A schema as one process reaches it: what services use of TypeORM's DataSource and QueryRunner, with failing statements, commits
// that fail before or after they were done, and lost connections. Writers of one schema wait for one another as Postgres has it.

import type { DataSource } from 'typeorm';
import { schemaName } from '#host';
import type { Access } from './access.js';
import { type Database, movedBy, SCHEMA_PREFIX, type StoreName, type Transaction } from './database.js';

const WRITE = /^\s*(INSERT|UPDATE|DELETE|TRUNCATE)\b/i;
const FAULTS = ['fails before', 'fails after'] as const;
type StoreFault = (typeof FAULTS)[number];
/** Enough of a statement to know it again. */
const LABEL_LENGTH = 36;

/** How a process reaches the store, and whether it is there. */
export interface StoreAccess {
  readonly access: Access;
  readonly isUp: () => boolean;
}

/** What a process uses of a schema. */
export function simulatedSource(database: Database, store: StoreName, access: StoreAccess): DataSource {
  return new SimulatedSource(database, store, access) as unknown as DataSource;
}

class SimulatedSource {
  readonly options: { readonly schema: string };

  constructor(
    private readonly database: Database,
    private readonly store: StoreName,
    private readonly way: StoreAccess,
  ) {
    this.options = { schema: schemaName(SCHEMA_PREFIX, store) };
  }

  /** A statement that is a transaction of its own. */
  query(sql: string, values: readonly unknown[] = []): Promise<unknown> {
    const { database, store } = this;
    const work = async (fault: StoreFault | undefined) => {
      if (fault === 'fails before' || !this.way.isUp()) throw lost();
      const result = await database.sources[store].query(sql, [...values]);
      if (WRITE.test(sql)) {
        const moved = movedBy(store, { sql, values }, result);
        database.keep({ store, statements: [{ sql, values }] }, moved);
      }
      if (fault) throw lost();
      return result;
    };
    const isHeld = () => WRITE.test(sql) && database.writers.has(store);
    return this.way.access.do(labelOf(store, sql), work, { kinds: FAULTS, isHeld });
  }

  createQueryRunner(): SimulatedRunner {
    return new SimulatedRunner(this.database, this.store, this.way);
  }
}

class SimulatedRunner {
  isTransactionActive = false;
  private transaction: Transaction | undefined;
  /** A statement failed: Postgres does nothing more in this transaction. */
  private aborted = false;

  constructor(
    private readonly database: Database,
    private readonly store: StoreName,
    private readonly way: StoreAccess,
  ) {}

  async startTransaction(): Promise<void> {
    const work = async () => {
      if (!this.way.isUp()) throw lost();
      this.transaction = await this.database.begin(this.store, this.way.access.machine);
    };
    await this.way.access.do(`${this.store} begin`, work);
    this.isTransactionActive = true;
  }

  query(sql: string, values: readonly unknown[] = []): Promise<unknown> {
    const { database, store } = this;
    const work = async (fault: StoreFault | undefined) => {
      const transaction = this.required();
      if (this.aborted) throw new Error('current transaction is aborted');
      this.aborted = true;
      if (fault === 'fails before') throw new Error('The scripted fault of this statement.');
      if (WRITE.test(sql)) database.writers.set(store, transaction);
      const result = await transaction.runner.query(sql, [...values]);
      if (fault) throw await this.lose(transaction);
      this.aborted = false;
      transaction.statements.push({ sql, values });
      const moved = movedBy(store, { sql, values }, result);
      if (moved) transaction.moved = moved;
      return result;
    };
    const isHeld = () =>
      WRITE.test(sql) && (database.writers.get(store) ?? this.transaction) !== this.transaction;
    return this.way.access.do(labelOf(store, sql), work, { kinds: FAULTS, isHeld });
  }

  async commitTransaction(): Promise<void> {
    const work = async (fault: StoreFault | undefined) => {
      const transaction = this.required();
      if (fault === 'fails before') throw await this.lose(transaction);
      // Postgres answers the commit of an aborted transaction by rolling it back, without an error.
      if (this.aborted) await this.database.rollback(transaction);
      else await this.database.commit(transaction);
      if (fault) throw lost();
    };
    await this.way.access.do(`${this.store} commit`, work, { kinds: FAULTS });
    this.isTransactionActive = false;
  }

  async rollbackTransaction(): Promise<void> {
    const work = () => this.database.rollback(this.required());
    await this.way.access.do(`${this.store} rollback`, work);
    this.isTransactionActive = false;
  }

  async release(): Promise<void> {
    const { transaction, database } = this;
    if (transaction && database.isOpen(transaction))
      await this.way.access.do(`${this.store} release`, () => database.rollback(transaction));
  }

  private required(): Transaction {
    if (this.transaction && this.database.isOpen(this.transaction)) return this.transaction;
    throw lost();
  }

  private async lose(transaction: Transaction): Promise<Error> {
    await this.database.rollback(transaction);
    return lost();
  }
}

function labelOf(store: StoreName, sql: string): string {
  return `${store} ${sql.trim().replace(/\s+/g, ' ').slice(0, LABEL_LENGTH)}`;
}

function lost(): Error {
  return new Error('Connection terminated unexpectedly');
}
