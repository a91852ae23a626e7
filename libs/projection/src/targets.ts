// The fold of projector-targets: the hash bins of one shard. A shard is a range of bins; a role that is no hash bin belongs to the
// shard of its name's hash. All shards together decide what one alone would. The life of targets and `bins` is part of the reading
// (offline.ts); here it is recorded.
//
// Contents of bins are a working set: the service puts the bins that a step touches (`binsOfStep`) into `contents` before it
// folds the step, and may take out afterwards what it has stored. A cut only plans which bins get a new version; each is then
// drafted by `draftBin` while its content is at hand and before the next step, so that a re-issue of all bins needs no more
// memory than its largest few.

import {
  APPLIED,
  type DraftProposed,
  isOfflineRole,
  rejected,
  type Signed,
  type SignedEntry,
  type Verdict,
} from '#ledger';
import { binIndex, type Crypto, type RoleKeys, utf8 } from '#tuf';
import { decideFile, type PathState, removeProject } from './bin.js';
import { planCut } from './bin-draft.js';
import {
  type Completion,
  type Drafted,
  newRole,
  type RoleState,
  settleDraft,
  submitSignature,
} from './draft.js';
import type { Outcome } from './outcome.js';
import { binOfName, type Placed } from './placement.js';
import { openedIn, refusal, type Step } from './reader.js';
import type { AppliedCut } from './root.js';
import { noteComplete, noteTouched } from './schedule.js';
import { contentOf, nameOf, owns, type TargetsState } from './targets-state.js';

/** What a record changed about a path; `after` is absent where the path was released. */
export interface PathChange {
  readonly bin: number;
  readonly path: string;
  readonly position: number;
  readonly after?: PathState | undefined;
  /** Nothing was known of the path before. */
  readonly isNew?: boolean;
}

/** What one record did here. `planned` are the bins to draft now, in ascending order. */
export interface TargetsEffects {
  readonly outcomes: Outcome[];
  readonly changes: PathChange[];
  readonly drafted: Drafted[];
  readonly completed: Completion[];
  readonly planned: number[];
}

/** The bins of this shard whose contents a step needs. Of a removed project they are those that hold files of it: `projects` names it. */
export function binsOfStep(state: TargetsState, step: Step): { bins: Set<number>; projects: Set<string> } {
  const bins = new Set<number>();
  const projects = new Set<string>();
  for (const placed of step.events) {
    if (placed.owner === 'bin' && !placed.refused && owns(state, placed.bin)) bins.add(placed.bin);
    if (placed.owner === 'project' && !placed.refused) projects.add(placed.event.project);
  }
  return { bins, projects };
}

/** Folds one record, with the cut that it made if it made one (root's fact of the same position). Total: never throws for what a record holds. */
export function evolveTargets(
  state: TargetsState,
  step: Step,
  cut: AppliedCut | undefined,
  crypto: Crypto,
): TargetsEffects {
  const effects: TargetsEffects = { outcomes: [], changes: [], drafted: [], completed: [], planned: [] };
  const touched = new Set<string>();
  openShard(state, step);
  if (state.opened) recordOffline(state, step, effects, crypto);
  step.events.forEach((placed, index) => {
    decidePlaced(state, step, placed, index, effects, touched, crypto);
  });
  for (const role of touched) settle(state, role, step.position, effects, crypto);
  if (cut) effects.planned.push(...planCut(state, cut, crypto));
  return effects;
}

/** Of the offline roles, those whose name belongs to this shard. */
function recordOffline(
  state: TargetsState,
  { offline }: Step,
  effects: TargetsEffects,
  crypto: Crypto,
): void {
  const isOurs = ({ role }: { readonly role: string }) =>
    role !== 'root' && owns(state, binOfName(role, state.opened!.bins.count, crypto));
  effects.outcomes.push(...offline.outcomes.filter(isOurs));
  effects.drafted.push(...offline.drafted.filter(isOurs));
  effects.completed.push(...offline.completed.filter(isOurs));
}

function openShard(state: TargetsState, step: Step): void {
  const opened = openedIn(step);
  if (!opened) return;
  state.opened = opened;
  const last = Math.min(state.shard.last, opened.bins.count - 1);
  for (let bin = state.shard.first; bin <= last; bin++) state.bins.set(bin, { role: newRole(), changed: -1 });
}

function decidePlaced(
  state: TargetsState,
  step: Step,
  placed: Placed,
  event: number,
  effects: TargetsEffects,
  touched: Set<string>,
  crypto: Crypto,
): void {
  const { position } = step;
  const record = (verdict: Verdict, role: string, entry?: number) =>
    effects.outcomes.push(
      entry === undefined ? { position, event, verdict, role } : { position, event, entry, verdict, role },
    );
  switch (placed.owner) {
    case 'bin':
      if (owns(state, placed.bin))
        record(decidePath(state, placed, position, effects), nameOf(state, placed.bin));
      return;
    case 'project':
      if (!placed.refused) removeEverywhere(state, placed.event.project, position, effects);
      if (owns(state, placed.bin))
        record(placed.refused ? refusal(placed.refused) : APPLIED, nameOf(state, placed.bin));
      return;
    case 'delegation':
      if (!owns(state, placed.bin)) return;
      record(rejected('not-in-rules', `rules 1 give ${placed.event.type} no effect yet`), placed.event.name);
      return;
    case 'role':
      decideSignatures(state, placed.event, touched, crypto, record);
      return;
    case 'root':
    case 'keys':
      return;
  }
}

function decidePath(
  state: TargetsState,
  placed: Extract<Placed, { owner: 'bin' }>,
  position: number,
  effects: TargetsEffects,
): Verdict {
  if (placed.refused) return refusal(placed.refused);
  const { bin, path } = placed;
  const content = contentOf(state, bin);
  const isNew = !content.has(path);
  const verdict = decideFile(content, path, placed.event);
  if (verdict.result === 'applied')
    noteChange(state, { bin, path, position, after: content.get(path), isNew }, effects);
  return verdict;
}

function noteChange(state: TargetsState, change: PathChange, effects: TargetsEffects): void {
  noteTouched(state, change.bin, change.position);
  effects.changes.push(change);
}

// Every bin that holds files of the project is in the working set; the order of bins is fixed so that changes are too.
function removeEverywhere(
  state: TargetsState,
  project: string,
  position: number,
  effects: TargetsEffects,
): void {
  const loaded = [...state.contents.keys()].filter(bin => owns(state, bin)).sort((a, b) => a - b);
  for (const bin of loaded) {
    const content = contentOf(state, bin);
    for (const path of removeProject(content, project))
      noteChange(state, { bin, path, position, after: content.get(path), isNew: false }, effects);
  }
}

function decideSignatures(
  state: TargetsState,
  event: Signed | DraftProposed,
  touched: Set<string>,
  crypto: Crypto,
  record: (verdict: Verdict, role: string, entry?: number) => void,
): void {
  if (event.type === 'draft.proposed') return;
  event.signatures.forEach((entry, index) => {
    const verdict = signedVerdict(state, entry, crypto);
    if (!verdict) return;
    record(verdict, entry.role, index);
    if (verdict.result === 'applied') touched.add(entry.role);
  });
}

/** The verdict on an entry for a hash bin of this shard, or for a role that there is not; undefined for all others. */
function signedVerdict(state: TargetsState, entry: SignedEntry, crypto: Crypto): Verdict | undefined {
  const { role: name } = entry;
  if (isOfflineRole(name) || name === 'snapshot' || name === 'timestamp') return undefined;
  const role = roleOf(state, name);
  if (role) {
    const message = () => utf8(state.texts.get(name)!);
    return submitSignature(role, entry, { requirements: binRequirements(state), message, crypto });
  }
  const { count } = state.opened!.bins;
  const home = binIndex(name, count) ?? binOfName(name, count, crypto);
  return owns(state, home) ? rejected('draft-unknown', `no role is named ${name}`) : undefined;
}

/** The life of a hash bin that this shard holds. */
export function roleOf(state: TargetsState, name: string): RoleState | undefined {
  const index = binIndex(name, state.opened!.bins.count);
  return index === undefined ? undefined : state.bins.get(index)?.role;
}

/** Who must sign the hash bins of the open state. */
export function binRequirements({ cut }: TargetsState): RoleKeys[] {
  return cut ? [cut.keys] : [];
}

function settle(
  state: TargetsState,
  name: string,
  position: number,
  effects: TargetsEffects,
  crypto: Crypto,
): void {
  const completion = settleDraft(name, roleOf(state, name)!, binRequirements(state), position);
  if (!completion) return;
  effects.completed.push(completion);
  state.texts.delete(name);
  const index = binIndex(name, state.opened!.bins.count)!;
  state.open.delete(index);
  noteComplete(state, index, crypto);
}
