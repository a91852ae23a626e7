// Outcomes of events. Only those that are not `applied` have a row: below its owner's position, an event without one was
// applied. A million uploads so leave no rows at all.

import type { DataSource, QueryRunner } from 'typeorm';
import type { Outcome } from '#projection';
import { type Row, selectRows } from './database.js';
import { StoreError } from './errors.js';
import { WATERMARK } from './progress.js';

export const OUTCOME_TABLE = `
  CREATE TABLE outcome (
    position bigint NOT NULL,
    event integer NOT NULL,
    entry integer NOT NULL,
    result text NOT NULL,
    code text,
    detail text,
    role text,
    PRIMARY KEY (position, event, entry)
  );
  CREATE INDEX outcome_rejected ON outcome (position DESC) WHERE result = 'rejected'`;

/** An outcome as stored; `entry` is -1 for an event as a whole. */
export interface StoredOutcome {
  readonly position: number;
  readonly event: number;
  readonly entry: number;
  readonly result: 'unchanged' | 'rejected';
  readonly code: string | null;
  readonly detail: string | null;
  readonly role: string | null;
}

const WHOLE_EVENT = -1;

/** The outcomes that need a row, as stored. A detail may quote U+0000 from an event, which no text of Postgres can hold: U+FFFD stands for it. */
export function storedOutcomes(outcomes: readonly Outcome[]): StoredOutcome[] {
  return outcomes.flatMap(({ position, event, entry = WHOLE_EVENT, verdict, role = null }) => {
    if (verdict.result === 'applied') return [];
    const rejection = verdict.result === 'rejected' ? verdict.rejection : undefined;
    const code = rejection?.code ?? null;
    const detail = rejection?.detail.replaceAll('\0', '\ufffd') ?? null;
    return [{ position, event, entry, result: verdict.result, code, detail, role }];
  });
}

/** Writes the outcomes that need a row. */
export async function writeOutcomes(runner: QueryRunner, outcomes: readonly Outcome[]): Promise<void> {
  const kept = storedOutcomes(outcomes);
  if (kept.length === 0) return;
  await runner.query(
    `INSERT INTO outcome SELECT * FROM
       unnest($1::bigint[], $2::integer[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[])`,
    [
      kept.map(outcome => outcome.position),
      kept.map(outcome => outcome.event),
      kept.map(outcome => outcome.entry),
      kept.map(outcome => outcome.result),
      kept.map(outcome => outcome.code),
      kept.map(outcome => outcome.detail),
      kept.map(outcome => outcome.role),
    ],
  );
}

/** The outcomes of the records from `first` to `last` that were not applied. */
export async function readOutcomes(
  source: DataSource,
  first: number,
  last: number,
): Promise<StoredOutcome[]> {
  const rows = await selectRows(
    source,
    'SELECT * FROM outcome WHERE position BETWEEN $1 AND $2 ORDER BY position, event, entry',
    [first, last],
  );
  return rows.map(outcomeOf);
}

/**
 * The same, of records that have been folded: since an event without a row was applied, it matters that they still are.
 * @throws StoreError `projection-conflict` where they are not: a crash of Postgres takes back the last commits.
 */
export async function readDecidedOutcomes(
  source: DataSource,
  first: number,
  last: number,
): Promise<StoredOutcome[]> {
  const rows = await selectRows(
    source,
    `SELECT watermark.position AS folded, outcome.* FROM ${WATERMARK} AS watermark
       LEFT JOIN outcome ON outcome.position BETWEEN $1 AND $2
       ORDER BY outcome.position, event, entry`,
    [first, last],
  );
  const folded = Number(rows[0]?.folded ?? 0);
  if (folded > last) return rows.filter(({ position }) => position !== null).map(outcomeOf);
  throw new StoreError(
    'projection-conflict',
    `Postgres has lost commits: a projection stands at position ${folded}, so what became of position ${last} is not known until it is folded again.`,
  );
}

/** Rejections below position `before`, newest first, at most `limit`. */
export async function readRejections(
  source: DataSource,
  before: number,
  limit: number,
): Promise<StoredOutcome[]> {
  const rows = await selectRows(
    source,
    `SELECT * FROM outcome WHERE result = 'rejected' AND position < $1 ORDER BY position DESC, event DESC, entry DESC LIMIT $2`,
    [before, limit],
  );
  return rows.map(outcomeOf);
}

/** Rejections above position `after`, oldest first, at most `limit`. */
export async function readRejectionsAfter(
  source: DataSource,
  after: number,
  limit: number,
): Promise<StoredOutcome[]> {
  const rows = await selectRows(
    source,
    `SELECT * FROM outcome WHERE result = 'rejected' AND position > $1 ORDER BY position, event, entry LIMIT $2`,
    [after, limit],
  );
  return rows.map(outcomeOf);
}

function outcomeOf(row: Row): StoredOutcome {
  return {
    position: Number(row.position),
    event: Number(row.event),
    entry: Number(row.entry),
    result: row.result as StoredOutcome['result'],
    code: row.code as string | null,
    detail: row.detail as string | null,
    role: row.role as string | null,
  };
}
