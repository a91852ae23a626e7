// projector-root: root metadata, cuts, and the rejections that no one else owns.

import { type FactGround, type Folded, type ServiceFold, schemaName } from '#host';
import type { Step } from '#projection';
import {
  type AppliedCut,
  type Completion,
  type Drafted,
  evolveRoot,
  newRootState,
  type Outcome,
  openingKeys,
  type Reader,
  type RootState,
  roleStateOf,
  roleStateText,
} from '#projection';
import { type Progress, type RecordOffset, readVersions } from '#store';
import { BINS_ROLE, type Crypto } from '#tuf';

/** Before the first record no offset is the next one, so the first is written down whatever it is. */
const NO_OFFSET = -1;

export class RootProjection implements ServiceFold {
  readonly service = 'root';
  readonly upstream = [];
  private state: RootState = newRootState();
  private targetsOpen = false;
  /** The log offset directly after the last record. */
  private nextOffset = NO_OFFSET;

  constructor(
    private readonly ground: FactGround,
    private readonly crypto: Crypto,
  ) {}

  async restore(progress: Progress | undefined, reader: Reader): Promise<void> {
    this.state = newRootState();
    this.targetsOpen = false;
    this.nextOffset = progress ? progress.lastOffset + 1 : NO_OFFSET;
    if (!progress) return;
    const saved = JSON.parse(progress.state);
    this.state = { ...saved, role: roleStateOf(saved.role) };
    if (!reader.opened) return;
    this.state.opened = reader.opened;
    this.state.keys = openingKeys(reader.opened, this.crypto);
  }

  /** Until the ledger is open, what a cut does depends on what targets completed before it: so record by record. */
  async ready(position: number, signal: AbortSignal): Promise<number> {
    if (this.state.lastCut || position === 0) return this.state.lastCut ? Number.MAX_SAFE_INTEGER : 1;
    if (this.targetsOpen) return Number.MAX_SAFE_INTEGER;
    const { prefix, sources, watermarks } = this.ground;
    await this.ground.handover?.committed(['targets'], position);
    await watermarks.reach(schemaName(prefix, 'targets'), position, signal);
    const offline = await readVersions(sources.targets, [
      { role: 'targets', version: 1 },
      { role: BINS_ROLE, version: 1 },
    ]);
    this.targetsOpen =
      offline.filter(({ completed }) => completed !== undefined && completed < position).length === 2;
    return 1;
  }

  async fold(steps: readonly Step[], offsets: readonly number[]): Promise<Folded> {
    const outcomes: Outcome[] = [];
    const drafted: Drafted[] = [];
    const completed: Completion[] = [];
    const cuts: AppliedCut[] = [];
    for (const step of steps) {
      const effects = evolveRoot(this.state, step, { targetsOpen: this.targetsOpen }, this.crypto);
      outcomes.push(...effects.outcomes);
      drafted.push(...effects.drafted);
      completed.push(...effects.completed);
      if (effects.cut) cuts.push(effects.cut);
    }
    const leaps = this.leapsOf(steps, offsets);
    const told = { outcomes, cuts, drafted, completed };
    return { effects: told, rows: { ...told, offsets: leaps } };
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
    const { opened: _opened, keys: _keys, role, ...rest } = this.state;
    return JSON.stringify({ ...rest, role: roleStateText(role) });
  }
}
