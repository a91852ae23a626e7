// projector-root: root metadata, cuts, and the rejections that no one else owns.

import { type FactGround, type Folded, type ServiceFold, schemaName } from '#host';
import {
  type AppliedCut,
  type Completion,
  type Drafted,
  evolveRoot,
  hasOpenOverlap,
  newRootState,
  noteCompleteState,
  type Outcome,
  type RootState,
  rootAwaits,
  type Step,
} from '#projection';
import { type Progress, type RecordOffset, readCompleteStateFrom } from '#store';

/** Before the first record no offset is the next one, so the first is written down whatever it is. */
const NO_OFFSET = -1;

export class RootProjection implements ServiceFold {
  readonly service = 'root';
  readonly upstream = [];
  private state: RootState = newRootState();
  /** The log offset directly after the last record. */
  private nextOffset = NO_OFFSET;

  constructor(private readonly ground: FactGround) {}

  async restore(progress: Progress | undefined): Promise<void> {
    this.nextOffset = progress ? progress.lastOffset + 1 : NO_OFFSET;
    this.state = progress ? JSON.parse(progress.state) : newRootState();
  }

  /**
   * While keys of an older root sign beside the new ones until a state is complete, what a cut does depends on whether one was
   * completed before it: so record by record.
   */
  async ready(position: number, signal: AbortSignal): Promise<number> {
    if (!hasOpenOverlap(this.state)) return Number.MAX_SAFE_INTEGER;
    const awaited = rootAwaits(this.state);
    if (awaited === undefined) return 1;
    const { prefix, sources, watermarks, handover } = this.ground;
    await handover?.committed(['timestamp'], position);
    await watermarks.reach(schemaName(prefix, 'timestamp'), position, signal);
    const complete = await readCompleteStateFrom(sources.timestamp, awaited, position);
    if (complete) noteCompleteState(this.state, complete);
    return 1;
  }

  async fold(steps: readonly Step[], offsets: readonly number[]): Promise<Folded> {
    const outcomes: Outcome[] = [];
    const drafted: Drafted[] = [];
    const completed: Completion[] = [];
    const cuts: AppliedCut[] = [];
    for (const step of steps) {
      const effects = evolveRoot(this.state, step);
      outcomes.push(...effects.outcomes);
      drafted.push(...effects.drafted);
      completed.push(...effects.completed);
      if (effects.cut) cuts.push(effects.cut);
    }
    const leaps = this.leapsOf(steps, offsets);
    const told = { outcomes, cuts, drafted, completed };
    return { effects: { ...told, root: { ...this.state } }, rows: { ...told, offsets: leaps } };
  }

  keepsText(): boolean {
    return true;
  }

  private leapsOf(steps: readonly Step[], offsets: readonly number[]): RecordOffset[] {
    const leaps: RecordOffset[] = [];
    steps.forEach(({ position }, index) => {
      const offset = offsets[index]!;
      if (offset !== this.nextOffset) leaps.push({ position, offset });
      this.nextOffset = offset + 1;
    });
    return leaps;
  }

  save(): string {
    return JSON.stringify(this.state);
  }
}
