// The Postgres of all histories, real but for its losses. Every committed statement is kept, in the order of commits over all
// schemas, so that a crash can take back the last of them: the schemas are emptied and all others done again. That is what a
// crash leaves where commits do not wait for the disk: the effects of some prefix of all commits.

import type { DataSource, QueryRunner } from 'typeorm';
import { openProjections } from '#apps/ledger/src/projections';
import { SERVICES, type ServiceName, ShardPositions, schemaName } from '#host';
import { type Shard, WHOLE } from '#projection';
import { openSchema, REPOSITORY_MIGRATIONS } from '#store';
import type { Machine } from './machine.js';

export const SCHEMA_PREFIX = 'sim';
export type StoreName = ServiceName | 'repository';
export const STORES: readonly StoreName[] = [...SERVICES, 'repository'];

export interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** Where a schema's progress was moved to; only projections have a root. */
export interface Moved {
  readonly store: StoreName;
  readonly shard: Shard;
  readonly position: number;
  readonly rootHash?: string;
}

interface Commit {
  readonly store: StoreName;
  readonly statements: readonly Statement[];
}

/** A transaction that is open on a schema. */
export interface Transaction {
  readonly store: StoreName;
  readonly machine: Machine;
  readonly runner: QueryRunner;
  readonly statements: Statement[];
  moved?: Moved;
}

export class Database {
  private readonly positions = new Map(STORES.map(store => [store, new ShardPositions()]));
  /** Who writes in a schema, and would make another wait. */
  readonly writers = new Map<StoreName, Transaction>();
  private readonly open = new Set<Transaction>();
  private commits: Commit[] = [];
  /** Commits so far, of all histories. */
  commitsSeen = 0;
  /** Until when nobody is let in, in virtual milliseconds: Postgres recovers from a crash. */
  downUntil = 0;
  /** Told of each commit that moved a progress. */
  onMoved: (moved: Moved) => void = () => undefined;

  private constructor(readonly sources: Readonly<Record<StoreName, DataSource>>) {}

  /** Opens the schemas in an empty database. */
  static async connect(url: string): Promise<Database> {
    const projections = await openProjections(url, SCHEMA_PREFIX);
    const schema = schemaName(SCHEMA_PREFIX, 'repository');
    const repository = await openSchema({ url, schema }, REPOSITORY_MIGRATIONS);
    return new Database({ ...projections, repository });
  }

  /** How far a store has come, as committed: all its shards. */
  position(store: StoreName): number {
    return this.positions.get(store)!.watermark;
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.sources).map(source => source.destroy()));
  }

  /** Makes all schemas as they are when new. */
  async empty(): Promise<void> {
    for (const transaction of [...this.open]) await this.rollback(transaction);
    this.commits = [];
    this.downUntil = 0;
    for (const store of STORES) await this.emptyStore(store);
  }

  /** Makes one schema as it is when new, as if it had been dropped and migrated again. */
  async emptyStore(store: StoreName): Promise<void> {
    this.commits = this.commits.filter(commit => commit.store !== store);
    await this.clear(store);
  }

  private async clear(store: StoreName): Promise<void> {
    this.positions.get(store)!.replace([]);
    const source = this.sources[store];
    const tables: { name: string }[] = await source.query(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'migration'`,
    );
    await source.query(tables.map(({ name }) => `DELETE FROM ${name}`).join(';'));
  }

  async begin(store: StoreName, machine: Machine): Promise<Transaction> {
    const runner = this.sources[store].createQueryRunner();
    const transaction = { store, machine, runner, statements: [] };
    this.open.add(transaction);
    await runner.startTransaction();
    return transaction;
  }

  async commit(transaction: Transaction): Promise<void> {
    const { runner, store, statements, moved } = transaction;
    this.end(transaction);
    await runner.commitTransaction();
    await runner.release();
    this.keep({ store, statements }, moved);
  }

  async rollback(transaction: Transaction): Promise<void> {
    if (!this.open.has(transaction)) return;
    this.end(transaction);
    await transaction.runner.rollbackTransaction();
    await transaction.runner.release();
  }

  /** Ends the transactions of a process, or of all, as Postgres does when their connections break. */
  async breakOff(machine?: Machine): Promise<void> {
    for (const transaction of [...this.open])
      if (!machine || transaction.machine === machine) await this.rollback(transaction);
  }

  isOpen(transaction: Transaction): boolean {
    return this.open.has(transaction);
  }

  /** Notes what was committed. */
  keep(commit: Commit, moved: Moved | undefined): void {
    this.commitsSeen++;
    if (commit.statements.length > 0) this.commits.push(commit);
    if (!moved) return;
    this.note(moved);
    this.onMoved(moved);
  }

  /** A crash: the last `count` commits were never on the disk, whatever schema they were in. Gives their schemas. */
  async takeBack(count: number): Promise<ReadonlySet<StoreName>> {
    await this.breakOff();
    const lost = this.commits.splice(Math.max(0, this.commits.length - count));
    const stores = new Set(lost.map(({ store }) => store));
    for (const store of stores) {
      await this.clear(store);
      await this.redo(
        store,
        this.commits.filter(commit => commit.store === store),
      );
    }
    return stores;
  }

  private async redo(store: StoreName, commits: readonly Commit[]): Promise<void> {
    const runner = this.sources[store].createQueryRunner();
    await runner.startTransaction();
    for (const { statements } of commits)
      for (const { sql, values } of statements) {
        const result = await runner.query(sql, [...values]);
        const moved = movedBy(store, { sql, values }, result);
        if (moved) this.note(moved);
      }
    await runner.commitTransaction();
    await runner.release();
  }

  private note({ store, shard, position }: Moved): void {
    this.positions.get(store)!.set(shard, position);
  }

  private end(transaction: Transaction): void {
    this.open.delete(transaction);
    if (this.writers.get(transaction.store) === transaction) this.writers.delete(transaction.store);
  }
}

/**
 * Where a statement moved a progress to, if it did: of two writers at one position the second moves none. TypeORM gives
 * [rows, count] for an update and rows for an insert.
 */
export function movedBy(store: StoreName, { sql, values }: Statement, result: unknown): Moved | undefined {
  const [, verb] = /^\s*(UPDATE|INSERT INTO) progress\b/.exec(sql) ?? [];
  if (!verb) return undefined;
  const position = Number(values[0]);
  if (store === 'repository') return { store, shard: WHOLE, position };
  const count = verb === 'UPDATE' ? (result as [unknown[], number])[1] : (result as unknown[]).length;
  const shard = { first: Number(values[9]), last: Number(values[10]) };
  return count === 1 ? { store, shard, position, rootHash: String(values[1]) } : undefined;
}
