// The tables of each service's schema. A migration that has been released is never edited; a new one follows it.

import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BIN_TABLE } from './bin.js';
import type { MigrationClass } from './database.js';
import { OUTCOME_TABLE } from './outcome.js';
import { PROGRESS_OF_SHARDS, PROGRESS_TABLE } from './progress.js';
import { RECORD_OFFSET_TABLE } from './record-offset.js';
import { ROLE_VERSION_TABLE, ROLE_VERSION_TEXT_INDEX, ROLE_VERSION_TEXT_PLAIN } from './role-version.js';
import { SERVED_TABLE } from './served.js';
import { SNAPSHOT_FILE_TABLE } from './snapshot.js';
import { COMPLETE_STATE_ROOTS, COMPLETE_STATE_TABLE, CUT_KEYS, CUT_TABLE } from './state.js';
import { TARGET_TABLE } from './target.js';

const FIRST = 1_790_000_000_000;
const TEXT_INDEX = 1_795_000_000_000;
const SHARDS = 1_795_400_000_000;
const TEXT_PLAIN = 1_795_450_000_000;
const TRUST = 1_795_500_000_000;

/** What a projection's tables are made by: those that it began with, and what keys that change added to them. */
interface ProjectionTables {
  readonly own: Readonly<Record<string, string>>;
  readonly trust?: readonly string[];
}

// Nothing here can be undone into something older: a projection that does not fit is dropped and folded again.
function projectionTables(service: string, { own, trust = [] }: ProjectionTables): MigrationClass[] {
  const first = [PROGRESS_TABLE, OUTCOME_TABLE, ROLE_VERSION_TABLE, ...Object.values(own)];
  // What was folded before keys could change says too little to go on from: it is folded anew.
  const emptied = `TRUNCATE ${['progress', 'outcome', 'role_version', ...Object.keys(own)].join()}`;
  return [
    migration(service, FIRST, first),
    migration(service, TEXT_INDEX, [ROLE_VERSION_TEXT_INDEX]),
    migration(service, SHARDS, PROGRESS_OF_SHARDS),
    migration(service, TEXT_PLAIN, [ROLE_VERSION_TEXT_PLAIN]),
    migration(service, TRUST, [emptied, ...trust]),
  ];
}

function migration(service: string, at: number, statements: readonly string[]): MigrationClass {
  return class implements MigrationInterface {
    readonly name = `${service}${at}`;

    async up(runner: QueryRunner): Promise<void> {
      for (const statement of statements) await runner.query(statement);
    }

    async down(): Promise<void> {
      throw new Error('Drop the schema and restart the service instead: it folds the log again.');
    }
  };
}

export const ROOT_MIGRATIONS = projectionTables('Root', {
  own: { cut: CUT_TABLE, record_offset: RECORD_OFFSET_TABLE },
  trust: [CUT_KEYS],
});
export const TARGETS_MIGRATIONS = projectionTables('Targets', {
  own: { target: TARGET_TABLE, bin: BIN_TABLE },
});
export const SNAPSHOT_MIGRATIONS = projectionTables('Snapshot', {
  own: { snapshot_file: SNAPSHOT_FILE_TABLE },
});
export const TIMESTAMP_MIGRATIONS = projectionTables('Timestamp', {
  own: { complete_state: COMPLETE_STATE_TABLE },
  trust: [COMPLETE_STATE_ROOTS],
});
export const REPOSITORY_MIGRATIONS = [migration('Repository', FIRST, [SERVED_TABLE])];
