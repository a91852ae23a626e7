// projector-targets: targets, `bins` and the hash bins of a shard.

import {
  type AheadCrypto,
  type FactGround,
  type Facts,
  type Folded,
  type ServiceFold,
  type ServiceName,
  storedTexts,
} from '#host';
import { isOfflineRole } from '#ledger';
import {
  type AppliedCut,
  binsOfStep,
  type Completion,
  type CutNeeds,
  cutNeeds,
  type Drafted,
  draftBin,
  evolveTargets,
  NO_RECORDS,
  newTargetsState,
  type Outcome,
  type PathChange,
  type Reader,
  recordsAfter,
  type Shard,
  type Step,
  type TargetsState,
  targetsChecks,
} from '#projection';
import { binRow, type Progress, readBinStates, readBins, readBinsOfProject, readVersions } from '#store';
import { binIndex, binName } from '#tuf';
import { binsCutOf, recordsOf, savedText } from './saved-fold.js';

/** Paths kept in memory, about 300 bytes each; beyond it the bins loaded longest ago are let go, and read again when needed. */
const RESIDENT_PATHS = 1_500_000;
/** Paths that may come into memory before it is looked whether there are too many. */
const PATHS_PER_LOOK = 20_000;
/** Fewer signatures than these are verified sooner than the thread pool answers. */
const CHECKS_WORTH_AHEAD = 8;
/** Bins read from the store at once, when a cut drafts many or a start finds many drafts open. */
const BINS_PER_READ = 512;

interface Effects {
  readonly outcomes: Outcome[];
  readonly changes: PathChange[];
  readonly drafted: Drafted[];
  readonly completed: Completion[];
}

export class TargetsProjection implements ServiceFold {
  readonly service = 'targets';
  readonly upstream: readonly ServiceName[] = ['root'];
  private state: TargetsState;
  /** Bins whose state the batch changed. */
  private touched = new Set<number>();
  /** Records whose effects are committed: what later ones changed is in memory only. */
  private stored = 0;
  private sinceLook = 0;
  private needs: CutNeeds = { changed: -1 };
  private records = NO_RECORDS;

  constructor(
    private readonly ground: FactGround,
    readonly shard: Shard,
    private readonly crypto: AheadCrypto,
  ) {
    this.state = newTargetsState(shard);
  }

  async restore(progress: Progress | undefined, reader: Reader): Promise<void> {
    this.state = newTargetsState(this.shard);
    this.sinceLook = 0;
    this.records = progress ? recordsOf(progress.state) : NO_RECORDS;
    if (!progress || !reader.opened) return;
    const { state } = this;
    state.opened = reader.opened;
    const cut = binsCutOf(progress.state, this.crypto);
    if (cut) state.cut = cut;
    for (const [bin, binState] of await readBinStates(this.ground.sources.targets, this.shard))
      state.bins.set(bin, binState);
    await this.restoreTexts();
  }

  private async restoreTexts(): Promise<void> {
    const { state } = this;
    const open: { role: string; version: number }[] = [];
    for (const [bin, { role }] of state.bins) {
      if (!role.draft) continue;
      state.open.add(bin);
      open.push({ role: this.nameOf(bin), version: role.draft.version });
    }
    for (let i = 0; i < open.length; i += BINS_PER_READ) {
      const { sources } = this.ground;
      const stored = await readVersions(sources.targets, open.slice(i, i + BINS_PER_READ));
      const texts = await storedTexts(sources, state.opened!, stored);
      for (const [j, { role }] of stored.entries()) state.texts.set(role, texts[j]!);
    }
  }

  /** Whoever writes a bin's file has its text handed over or renders it from the rows: to store it twice takes longer. */
  keepsText(role: string): boolean {
    return isOfflineRole(role);
  }

  private nameOf(bin: number): string {
    return binName(bin, this.state.opened!.bins.count);
  }

  async fold(steps: readonly Step[], _offsets: readonly number[], facts: Facts): Promise<Folded> {
    this.touched = new Set();
    const effects: Effects = { outcomes: [], changes: [], drafted: [], completed: [] };
    await this.load(steps);
    await this.verifyAhead(steps);
    for (const step of steps) await this.foldStep(step, facts.at(step.position).cut, effects);
    // The rows are as of now: the next batch must not show in this one's.
    const bins = [...this.touched].map(bin => binRow(bin, this.state.bins.get(bin)!));
    const { outcomes, changes, drafted, completed } = effects;
    const cuts = steps.flatMap(({ position }) => facts.at(position).cut ?? []);
    this.records = recordsAfter(this.records, steps, cuts);
    const busy = { ...this.records, incomplete: this.state.open.size };
    this.needs = { ...cutNeeds(this.state, this.crypto), busy };
    const told = { outcomes, drafted, completed, needs: this.needs };
    return { effects: told, rows: { outcomes, changes, drafted, completed, bins } };
  }

  /** Many signatures at once, as at a re-issue of all bins, are verified on all cores before the fold asks for them one by one. */
  private async verifyAhead(steps: readonly Step[]): Promise<void> {
    if (!this.crypto.verifyAhead) return;
    const checks = steps.flatMap(step => targetsChecks(this.state, step));
    if (checks.length >= CHECKS_WORTH_AHEAD) await this.crypto.verifyAhead(checks);
  }

  private async load(steps: readonly Step[]): Promise<void> {
    const wanted = new Set<number>();
    for (const step of steps) {
      const { bins, projects } = binsOfStep(this.state, step);
      for (const bin of bins) wanted.add(bin);
      for (const project of projects)
        for (const bin of await readBinsOfProject(this.ground.sources.targets, project, this.shard))
          wanted.add(bin);
    }
    await this.loadBins([...wanted]);
  }

  private async loadBins(bins: readonly number[]): Promise<void> {
    const missing = bins.filter(bin => !this.state.contents.has(bin));
    if (missing.length === 0) return;
    for (const [bin, content] of await readBins(this.ground.sources.targets, missing)) {
      this.state.contents.set(bin, content);
      this.sinceLook += content.size;
    }
  }

  private async foldStep(step: Step, cut: AppliedCut | undefined, effects: Effects): Promise<void> {
    const { state } = this;
    if (cut) for (const bin of state.open) this.touched.add(bin);
    const done = evolveTargets(state, step, cut, this.crypto);
    effects.outcomes.push(...done.outcomes);
    effects.changes.push(...done.changes);
    this.sinceLook += done.changes.length;
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

  committed(position: number): void {
    this.stored = position;
    if (this.sinceLook >= PATHS_PER_LOOK) this.letGo();
  }

  /** Bounds the working set. What is not committed stays: it could not be read again. */
  private letGo(): void {
    const { contents, bins } = this.state;
    this.sinceLook = 0;
    let paths = 0;
    for (const content of contents.values()) paths += content.size;
    for (const [bin, content] of contents) {
      if (paths <= RESIDENT_PATHS) return;
      if (bins.get(bin)!.changed >= this.stored) continue;
      contents.delete(bin);
      paths -= content.size;
    }
  }

  save(): string {
    return savedText(this.state.cut, this.needs);
  }
}
