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
import { COMPLETE_STATE_TABLE, CUT_TABLE } from './state.js';
import { TARGET_TABLE } from './target.js';

const FIRST = 1_790_000_000_000;
const TEXT_INDEX = 1_795_000_000_000;
const SHARDS = 1_795_400_000_000;
const TEXT_PLAIN = 1_795_450_000_000;

// Nothing here can be undone into something older: a projection that does not fit is dropped and folded again.
function projectionTables(service: string, tables: readonly string[]): MigrationClass[] {
  const first = [PROGRESS_TABLE, OUTCOME_TABLE, ROLE_VERSION_TABLE, ...tables];
  return [
    migration(service, FIRST, first),
    migration(service, TEXT_INDEX, [ROLE_VERSION_TEXT_INDEX]),
    migration(service, SHARDS, PROGRESS_OF_SHARDS),
    migration(service, TEXT_PLAIN, [ROLE_VERSION_TEXT_PLAIN]),
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

export const ROOT_MIGRATIONS = projectionTables('Root', [CUT_TABLE, RECORD_OFFSET_TABLE]);
export const TARGETS_MIGRATIONS = projectionTables('Targets', [TARGET_TABLE, BIN_TABLE]);
export const SNAPSHOT_MIGRATIONS = projectionTables('Snapshot', [SNAPSHOT_FILE_TABLE]);
export const TIMESTAMP_MIGRATIONS = projectionTables('Timestamp', [COMPLETE_STATE_TABLE]);
export const REPOSITORY_MIGRATIONS = [migration('Repository', FIRST, [SERVED_TABLE])];
