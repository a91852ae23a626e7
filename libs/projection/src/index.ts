export { type BinContent, binFragments, decideFile, type PathState } from './bin.js';
export { type CutNeeds, cutNeeds, draftBin, joinedNeeds } from './bin-draft.js';
export { type Busyness, joinedBusyness, NO_RECORDS, type RecordsByCut, recordsAfter } from './busyness.js';
export { rootChecks, snapshotChecks, stepChecks, targetsChecks, timestampChecks } from './checks.js';
export {
  type CompleteVersion,
  type Completion,
  type Draft,
  type Drafted,
  type RoleState,
  roleStateOf,
  roleStateText,
} from './draft.js';
export { cutSeconds, dueLead } from './due.js';
export {
  draftFault,
  type LedgerKeys,
  openingBinsText,
  openingEvents,
  openingKeys,
  openingRootText,
  openingTargetsText,
} from './opening.js';
export type { Outcome } from './outcome.js';
export { binOfName, type Placed, targetPath } from './placement.js';
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
  newRootState,
  type RootEffects,
  type RootFacts,
  type RootState,
  rootNeedsTargets,
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
export { binsOfStep, evolveTargets, isShardOpen, type PathChange, type TargetsEffects } from './targets.js';
export { type BinState, newTargetsState, owns, type TargetsState } from './targets-state.js';
export {
  type CompleteState,
  evolveTimestamp,
  newTimestampState,
  type TimestampEffects,
  type TimestampFacts,
  type TimestampState,
  timestampContent,
} from './timestamp.js';
