export { type BinContent, binFragments, decideFile, type PathState } from './bin.js';
export { type CutNeeds, cutNeeds, draftBin, joinedNeeds } from './bin-draft.js';
export { type Busyness, joinedBusyness, NO_RECORDS, type RecordsByCut, recordsAfter } from './busyness.js';
export { snapshotChecks, stepChecks, targetsChecks, timestampChecks } from './checks.js';
export {
  type CompleteVersion,
  type Completion,
  type Draft,
  type Drafted,
  keyOf,
  type RoleState,
  roleStateOf,
  roleStateText,
} from './draft.js';
export { cutSeconds, dueLead } from './due.js';
export type { OfflineEffects } from './offline.js';
export { offlineText } from './offline-text.js';
export { openingEvents, openingText } from './opening.js';
export type { Outcome } from './outcome.js';
export { binOfName, type Placed, targetPath } from './placement.js';
export { type KeyEvent, type Proposal, proposalOf, requirementsAfter } from './proposal.js';
export { Published, type PublishedFile } from './published.js';
export { Reader, type Step } from './reader.js';
export {
  beginReplay,
  type Effects,
  evolveStep,
  Replay,
  type ReplayOptions,
  type ReplayState,
} from './replay.js';
export {
  type AppliedCut,
  evolveRoot,
  hasOpenOverlap,
  newRootState,
  noteCompleteState,
  type RootEffects,
  type RootState,
  rootAwaits,
  type StateKeys,
} from './root.js';
export {
  coverAllBins,
  holdsBin,
  isSameShard,
  parseShardChoice,
  type Shard,
  type ShardChoice,
  shardOf,
  shardsOverlap,
  shardText,
  WHOLE,
} from './shard.js';
export {
  draftBytes,
  evolveSnapshot,
  newSnapshotState,
  type SnapshotEffects,
  type SnapshotFacts,
  type SnapshotFile,
  type SnapshotState,
  snapshotFile,
  snapshotOrder,
} from './snapshot.js';
export {
  binRequirements,
  binsOfStep,
  evolveTargets,
  type PathChange,
  type TargetsEffects,
} from './targets.js';
export { type BinState, type BinsCut, newTargetsState, owns, type TargetsState } from './targets-state.js';
export {
  type CompleteState,
  evolveTimestamp,
  newTimestampState,
  type TimestampEffects,
  type TimestampFacts,
  type TimestampState,
  timestampContent,
} from './timestamp.js';
export {
  offlineRequirements,
  type Trust,
} from './trust.js';
