export { type BinRow, binRow, readBinStates, writeBinRows } from './bin.js';
export {
  connectOwned,
  connectReader,
  openSchema,
  ping,
  type SchemaOptions,
  schemaSource,
} from './database.js';
export { StoreError, type StoreErrorCode } from './errors.js';
export {
  REPOSITORY_MIGRATIONS,
  ROOT_MIGRATIONS,
  SNAPSHOT_MIGRATIONS,
  TARGETS_MIGRATIONS,
  TIMESTAMP_MIGRATIONS,
} from './migrations.js';
export {
  readDecidedOutcomes,
  readOutcomes,
  readRejections,
  readRejectionsAfter,
  type StoredOutcome,
  storedOutcomes,
  writeOutcomes,
} from './outcome.js';

export { commitProgress, type Progress, readFoldStates, readProgress, readWatermark } from './progress.js';
export {
  type ProgressNotice,
  parseProgressNotice,
  progressChannel,
} from './progress-notice.js';
export {
  type RecordOffset,
  type RecordRun,
  readRecordOffset,
  readRecordPosition,
  readRecordRuns,
  writeRecordOffsets,
} from './record-offset.js';

export {
  readNewestComplete,
  readNewestOf,
  readVersion,
  readVersionAfter,
  readVersions,
  readVersionsAfter,
  readVersionsAsOf,
  type StoredVersion,
  type VersionRows,
  versionsTouched,
  writeVersions,
} from './role-version.js';
export { hasRows, type Rows, writeRows } from './rows.js';
export { type RowsQuery, readRows, readRowsAsOf } from './rows-query.js';
export { writeServed } from './served.js';
export { claimShard, type JoinStates } from './shard-claim.js';
export { type StoredSnapshotFile, snapshotFilesBetween, writeSnapshotFiles } from './snapshot.js';
export {
  cutsBetween,
  readCompleteStateFrom,
  readCompleteStates,
  readNewestCuts,
  readNewestState,
  readStateAfter,
  writeCompleteStates,
  writeCuts,
} from './state.js';
export {
  readBins,
  readBinsAt,
  readBinsOfProject,
  readTarget,
  readTargetHistory,
  readTargets,
  type StoredTarget,
  writePathChanges,
} from './target.js';
