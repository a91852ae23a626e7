export { type BinContent, binFragments, decideFile, type PathState } from './bin.js';
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
export { beginReplay, type Effects, evolveStep, Replay, type ReplayState, WHOLE } from './replay.js';
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
  evolveSnapshot,
  newSnapshotState,
  type SnapshotEffects,
  type SnapshotFacts,
  type SnapshotFile,
  type SnapshotState,
  snapshotOrder,
} from './snapshot.js';
export {
  type BinState,
  binsOfStep,
  type CutNeeds,
  cutNeeds,
  draftBin,
  evolveTargets,
  isShardOpen,
  newTargetsState,
  type PathChange,
  type Shard,
  type TargetsEffects,
  type TargetsState,
} from './targets.js';
export {
  type CompleteState,
  evolveTimestamp,
  newTimestampState,
  type TimestampEffects,
  type TimestampFacts,
  type TimestampState,
} from './timestamp.js';
