// States of the repository: the applied cuts, which projector-root writes, and the complete ones, which projector-timestamp does.

import type { DataSource, QueryRunner } from 'typeorm';
import type { Policy } from '#ledger';
import type { AppliedCut, CompleteState, StateKeys } from '#projection';
import { type Row, selectRows } from './database.js';
import type { RowsQuery } from './rows-query.js';

export const CUT_TABLE = `
  CREATE TABLE cut (
    state bigint PRIMARY KEY,
    at bigint NOT NULL,
    position bigint NOT NULL UNIQUE,
    root_hash text NOT NULL,
    policy jsonb NOT NULL
  )`;

export const COMPLETE_STATE_TABLE = `
  CREATE TABLE complete_state (
    state bigint PRIMARY KEY,
    at bigint NOT NULL,
    cut bigint NOT NULL,
    position bigint NOT NULL
  )`;

/** A cut tells who signs its state; a complete state, which roots are published before and after it. */
export const CUT_KEYS = 'ALTER TABLE cut ADD COLUMN keys jsonb NOT NULL';
export const COMPLETE_STATE_ROOTS =
  'ALTER TABLE complete_state ADD COLUMN root bigint NOT NULL, ADD COLUMN roots_before bigint NOT NULL';

export async function writeCuts(runner: QueryRunner, cuts: readonly AppliedCut[]): Promise<void> {
  for (const { state, at, position, rootHash, policy, keys } of cuts) {
    await runner.query('INSERT INTO cut VALUES ($1, $2, $3, $4, $5, $6)', [
      state,
      at,
      position,
      rootHash,
      JSON.stringify(policy),
      JSON.stringify(keys),
    ]);
  }
}

export async function writeCompleteStates(
  runner: QueryRunner,
  states: readonly CompleteState[],
): Promise<void> {
  for (const { state, at, cut, position, root, rootsBefore } of states) {
    const values = [state, at, cut, position, root, rootsBefore];
    await runner.query('INSERT INTO complete_state VALUES ($1, $2, $3, $4, $5, $6)', values);
  }
}

/** The cuts that the records from `first` to `last` made. */
export function cutsBetween(first: number, last: number): RowsQuery<AppliedCut> {
  const sql = 'SELECT * FROM cut WHERE position BETWEEN $1 AND $2 ORDER BY position';
  return { sql, values: [first, last], of: cutOf };
}

/** Cuts below state `before`, newest first. */
export async function readNewestCuts(
  source: DataSource,
  before: number,
  limit: number,
): Promise<AppliedCut[]> {
  const rows = await selectRows(source, 'SELECT * FROM cut WHERE state < $1 ORDER BY state DESC LIMIT $2', [
    before,
    limit,
  ]);
  return rows.map(cutOf);
}

/** Complete states from `first` to `last`, newest first. */
export async function readCompleteStates(
  source: DataSource,
  first: number,
  last: number,
): Promise<CompleteState[]> {
  const sql = 'SELECT * FROM complete_state WHERE state BETWEEN $1 AND $2 ORDER BY state DESC';
  return (await selectRows(source, sql, [first, last])).map(stateOf);
}

/** The newest complete state. */
export async function readNewestState(source: DataSource): Promise<CompleteState | undefined> {
  const [row] = await selectRows(source, 'SELECT * FROM complete_state ORDER BY state DESC LIMIT 1');
  return row && stateOf(row);
}

/** The first state from `first` on that became complete by a record before `position`. */
export async function readCompleteStateFrom(
  source: DataSource,
  first: number,
  position: number,
): Promise<CompleteState | undefined> {
  const sql = 'SELECT * FROM complete_state WHERE state >= $1 AND position < $2 ORDER BY state LIMIT 1';
  const [row] = await selectRows(source, sql, [first, position]);
  return row && stateOf(row);
}

/** The first complete state whose cut came after `position`: the one that publishes what happened there. */
export async function readStateAfter(
  source: DataSource,
  position: number,
): Promise<CompleteState | undefined> {
  const [row] = await selectRows(
    source,
    'SELECT * FROM complete_state WHERE cut > $1 ORDER BY state LIMIT 1',
    [position],
  );
  return row && stateOf(row);
}

function cutOf(row: Row): AppliedCut {
  return {
    state: Number(row.state),
    at: Number(row.at),
    position: Number(row.position),
    rootHash: String(row.root_hash),
    policy: row.policy as unknown as Policy,
    keys: row.keys as unknown as StateKeys,
  };
}

function stateOf(row: Row): CompleteState {
  return {
    state: Number(row.state),
    at: Number(row.at),
    cut: Number(row.cut),
    position: Number(row.position),
    root: Number(row.root),
    rootsBefore: Number(row.roots_before),
  };
}
