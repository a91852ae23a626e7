export type { AheadCrypto } from './ahead-crypto.js';
export { ChangeSignal } from './change-signal.js';
export { readCutNeeds } from './cut-needs.js';
export { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
export { HostError, type HostErrorCode } from './errors.js';
export type { Facts, ServiceEffects } from './facts.js';
export { isFatal } from './fatal.js';
export { type Follower, Following, type FollowingParts, type Session } from './following.js';
export { Handover } from './handover.js';
export { type LedgerFile, LedgerFolder, writeWhole } from './ledger-folder.js';
export {
  appendOpening,
  DEFAULT_POLICY,
  loadServiceKeys,
  type OpeningChoice,
  openLedgerFolder,
} from './ledger-opening.js';
export { type Batch, LogReader, type Noise, type Place } from './log-reader.js';
export { Projector } from './projector.js';
export { type RecordAuthor, RecordWriter, sealRecord } from './record-writer.js';
export { SERVICES, type ServiceName, schemaName } from './schema-name.js';
export type { Folded, ServiceFold } from './service-fold.js';
export { jsonLog, type ServiceLog, silentLog } from './service-log.js';
export { type FactGround, Upstream } from './upstream.js';
export { sourceOfRole, storedTexts, type VersionSources, versionText } from './version-text.js';
export { PostgresWatermarks, type Watermarks } from './watermark.js';
