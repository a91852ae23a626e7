// projector-targets: targets, `bins` and the hash bins of a shard.

import type { DataSource } from 'typeorm';
import { mayCut, type ServiceFold, schemaName, type Watermarks, type WriteEffects } from '#host';
import {
  type AppliedCut,
  binsOfStep,
  type Completion,
  cutNeeds,
  type Drafted,
  draftBin,
  evolveTargets,
  newTargetsState,
  type Outcome,
  openingKeys,
  type PathChange,
  type Reader,
  roleStateOf,
  roleStateText,
  type Shard,
  type Step,
  type TargetsState,
} from '#projection';
import {
  type Progress,
  readBinStates,
  readBins,
  readBinsOfProject,
  readCuts,
  readVersions,
  writeBinStates,
  writeCompletions,
  writeDrafts,
  writeOutcomes,
  writePathChanges,
} from '#store';
import { binIndex, binName, type Crypto } from '#tuf';

/** Paths kept in memory between batches; beyond it the bins loaded longest ago are let go, and read again when needed. */
const RESIDENT_PATHS = 400_000;
/** Bins read from the store at once when a cut drafts many. */
const BINS_PER_READ = 512;

export interface TargetsFactSources {
  readonly prefix: string;
  readonly root: DataSource;
  readonly own: DataSource;
  readonly watermarks: Watermarks;
}

interface Effects {
  readonly outcomes: Outcome[];
  readonly changes: PathChange[];
  readonly drafted: Drafted[];
  readonly completed: Completion[];
}

export class TargetsProjection implements ServiceFold {
  private state: TargetsState;
  /** Bins whose state the batch changed. */
  private touched = new Set<number>();

  constructor(
    private readonly facts: TargetsFactSources,
    private readonly shard: Shard,
    private readonly crypto: Crypto,
  ) {
    this.state = newTargetsState(shard);
  }

  async restore(progress: Progress | undefined, reader: Reader): Promise<void> {
    this.state = newTargetsState(this.shard);
    if (!progress || !reader.opened) return;
    const { state } = this;
    state.opened = reader.opened;
    state.keys = openingKeys(reader.opened, this.crypto);
    for (const [name, text] of JSON.parse(progress.state).offline) state.offline.set(name, roleStateOf(text));
    for (const [bin, binState] of await readBinStates(this.facts.own)) state.bins.set(bin, binState);
    await this.restoreTexts();
  }

  private async restoreTexts(): Promise<void> {
    const { state } = this;
    const open = [...state.offline].map(([role, { draft }]) => ({ role, version: draft?.version ?? 0 }));
    for (const [bin, { role }] of state.bins) {
      if (!role.draft) continue;
      state.open.add(bin);
      open.push({ role: this.nameOf(bin), version: role.draft.version });
    }
    for (const { role, text } of await readVersions(this.facts.own, open))
      if (text) state.texts.set(role, text);
  }

  private nameOf(bin: number): string {
    return binName(bin, this.state.opened!.bins.count);
  }

  /** A record may be folded once projector-root has: whether its cut applied is root's to say. */
  async ready(position: number, signal: AbortSignal): Promise<number> {
    const root = await this.facts.watermarks.reach(
      schemaName(this.facts.prefix, 'root'),
      position + 1,
      signal,
    );
    return root - position;
  }

  async fold(steps: readonly Step[]): Promise<WriteEffects | undefined> {
    // The batch before is stored by now.
    this.letGo();
    this.touched = new Set();
    const effects: Effects = { outcomes: [], changes: [], drafted: [], completed: [] };
    const cuts = steps.some(mayCut)
      ? await readCuts(this.facts.root, steps[0]!.position, steps.at(-1)!.position)
      : [];
    const cutAt = new Map(cuts.map(cut => [cut.position, cut]));
    await this.load(steps);
    for (const step of steps) await this.foldStep(step, cutAt.get(step.position), effects);
    const bins = new Map([...this.touched].map(bin => [bin, this.state.bins.get(bin)!]));
    // The rows are as of now: the next batch must not show in this one's.
    const binTexts = new Map(
      [...bins].map(([bin, { changed, role }]) => [bin, { changed, role: structuredClone(role) }]),
    );
    const { outcomes, changes, drafted, completed } = effects;
    if (outcomes.length + changes.length + drafted.length + completed.length + bins.size === 0)
      return undefined;
    return async runner => {
      await writeOutcomes(runner, outcomes);
      await writePathChanges(runner, changes);
      await writeDrafts(runner, drafted);
      await writeCompletions(runner, completed);
      await writeBinStates(runner, binTexts);
    };
  }

  private async load(steps: readonly Step[]): Promise<void> {
    const wanted = new Set<number>();
    for (const step of steps) {
      const { bins, projects } = binsOfStep(this.state, step);
      for (const bin of bins) wanted.add(bin);
      for (const project of projects)
        for (const bin of await readBinsOfProject(this.facts.own, project)) wanted.add(bin);
    }
    await this.loadBins([...wanted]);
  }

  private async loadBins(bins: readonly number[]): Promise<void> {
    const missing = bins.filter(bin => !this.state.contents.has(bin));
    if (missing.length === 0) return;
    for (const [bin, content] of await readBins(this.facts.own, missing))
      this.state.contents.set(bin, content);
  }

  private async foldStep(step: Step, cut: AppliedCut | undefined, effects: Effects): Promise<void> {
    const { state } = this;
    if (cut) for (const bin of state.open) this.touched.add(bin);
    const done = evolveTargets(state, step, cut, this.crypto);
    effects.outcomes.push(...done.outcomes);
    effects.changes.push(...done.changes);
    effects.drafted.push(...done.drafted);
    effects.completed.push(...done.completed);
    if (step.position === 0) for (const bin of state.bins.keys()) this.touched.add(bin);
    for (const { bin } of done.changes) this.touched.add(bin);
    for (const { role, verdict } of done.outcomes) if (verdict.result === 'applied') this.touch(role);
    for (let i = 0; i < done.planned.length; i += BINS_PER_READ) {
      const bins = done.planned.slice(i, i + BINS_PER_READ);
      await this.loadBins(bins);
      for (const bin of bins) effects.drafted.push(draftBin(state, bin, cut!, this.crypto));
      for (const bin of bins) this.touched.add(bin);
    }
  }

  private touch(role: string | undefined): void {
    const bin = role === undefined ? undefined : binIndex(role, this.state.opened!.bins.count);
    if (bin !== undefined && this.state.bins.has(bin)) this.touched.add(bin);
  }

  /** Bounds the working set, once what it holds is stored. */
  private letGo(): void {
    const { contents } = this.state;
    let paths = 0;
    for (const content of contents.values()) paths += content.size;
    for (const [bin, content] of contents) {
      if (paths <= RESIDENT_PATHS) return;
      contents.delete(bin);
      paths -= content.size;
    }
  }

  save(): string {
    return JSON.stringify({
      offline: [...this.state.offline].map(([name, role]) => [name, roleStateText(role)]),
      // Read by the scheduler of cuts.
      needs: cutNeeds(this.state, this.crypto),
    });
  }
}
