export { readCutNeeds } from './cut-needs.js';
export { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
export { HostError, type HostErrorCode } from './errors.js';
export { type LedgerFile, LedgerFolder, writeWhole } from './ledger-folder.js';
export {
  appendOpening,
  DEFAULT_POLICY,
  loadServiceKeys,
  type OpeningChoice,
  openLedgerFolder,
} from './ledger-opening.js';
export { type Batch, LogReader, type Noise } from './log-reader.js';
export { isFatal, Projector, type ServiceFold, type WriteEffects } from './projector.js';
export { type RecordAuthor, RecordWriter, sealRecord } from './record-writer.js';
export { SERVICES, type ServiceName, schemaName } from './schema-name.js';
export { jsonLog, type ServiceLog, silentLog } from './service-log.js';
export { mayComplete, mayCut, readTargetsFacts, type TargetsFacts } from './targets-facts.js';
export { sourceOfRole, type VersionSources, versionText } from './version-text.js';
export { Watermarks } from './watermark.js';
