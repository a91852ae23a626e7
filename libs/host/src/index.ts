export type { AheadCrypto } from './ahead-crypto.js';
export { type Aspect, type AspectView, lookAtAll } from './aspect.js';
export { AwaitedLog } from './awaited-log.js';
export { ChangeSignal } from './change-signal.js';
export { readCutNeeds, readRootState } from './cut-needs.js';
export { dependenciesOn } from './dependency.js';
export { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
export { Endings } from './endings.js';
export { HostError, type HostErrorCode } from './errors.js';
export type { Facts, ServiceEffects } from './facts.js';
export { AppendErrors } from './failure-aspects.js';
export { isFatal } from './fatal.js';
export { type Follower, Following, type FollowingParts, type Session } from './following.js';
export { Handover } from './handover.js';
export { listen, unlisten } from './http-server.js';
export { LedgerDatabase, PROJECTION_MIGRATIONS } from './ledger-database.js';
export { type LedgerFile, LedgerFolder, writeWhole } from './ledger-folder.js';
export {
  appendOpening,
  DEFAULT_POLICY,
  type Keyholders,
  openingSignature,
  openLedgerFolder,
  prepareOpening,
} from './ledger-opening.js';
export { type Batch, LogReader, type Noise, type Place } from './log-reader.js';
export { createLog, type LogTarget, logTarget, openLog } from './log-target.js';
export { type OpeningChoice, openedOf, writeOpening } from './opening-record.js';
export { patiently } from './patience.js';
export { Projector } from './projector.js';
export { type ProjectorPlan, projectorSettings } from './projector-settings.js';
export { addCounterBy, addGauge, addGaugeBy, addProcessMetrics } from './pulled-metrics.js';
export { reachAll } from './reach-all.js';
export { ReadingAspect } from './reading-aspect.js';
export { type RecordAuthor, RecordWriter, sealRecord } from './record-writer.js';
export { runProjector } from './run-projector.js';
export { runService, type Service, type ServiceContext } from './run-service.js';
export { SERVICES, type ServiceName, schemaName } from './schema-name.js';
export type { Folded, ServiceFold } from './service-fold.js';
export { loadPublisherKey, loadServiceKeys, loadSignerKeys } from './service-keys.js';
export { jsonLog, type ServiceLog, silentLog } from './service-log.js';
export { addressOf, cutInterval, databaseSettings, keysFolder, serviceSettings } from './service-settings.js';
export { type Environment, readSettings, type Settings } from './settings.js';
export { ShardPositions } from './shard-positions.js';
export { type CutTime, LastCutAspect, lastCutOf, RoleVersionsAspect } from './state-aspects.js';
export { type FactGround, Upstream } from './upstream.js';
export { sourceOfRole, storedTexts, type VersionSources, versionText } from './version-text.js';
export { PostgresWatermarks, type Watermarks } from './watermark.js';
