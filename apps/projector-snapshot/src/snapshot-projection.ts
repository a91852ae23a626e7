// projector-snapshot: the versions of all roles as of each cut.

import {
  type FactGround,
  type Facts,
  type Folded,
  type ServiceFold,
  type ServiceName,
  schemaName,
  versionText,
} from '#host';
import { type KeySet, keySetOf, type LedgerOpened, roleKeysOf } from '#ledger';
import {
  type Completion,
  type Drafted,
  evolveSnapshot,
  newSnapshotState,
  type Outcome,
  type Reader,
  roleStateOf,
  roleStateText,
  type SnapshotState,
  type Step,
  snapshotOrder,
} from '#projection';
import { type Progress, readNewestComplete, type StoredSnapshotFile } from '#store';
import type { Crypto } from '#tuf';

/** Roles read at once when the newest versions of all are. */
const ROLES_PER_READ = 20_000;

export class SnapshotProjection implements ServiceFold {
  readonly service = 'snapshot';
  readonly upstream: readonly ServiceName[] = ['root', 'targets'];
  private state: SnapshotState = newSnapshotState();

  constructor(
    private readonly ground: FactGround,
    private readonly crypto: Crypto,
  ) {}

  async restore(progress: Progress | undefined, reader: Reader, signal: AbortSignal): Promise<void> {
    this.state = newSnapshotState();
    if (!progress || !reader.opened) return;
    const { state } = this;
    const saved = JSON.parse(progress.state);
    state.role = roleStateOf(saved.role);
    state.opened = reader.opened;
    state.requirements = (saved.requirements as KeySet[]).map(set => roleKeysOf(set, this.crypto));
    state.order = snapshotOrder(reader.opened.bins.count);
    // Versions are the targets' facts, read again rather than kept twice.
    await this.ground.watermarks.reach(schemaName(this.ground.prefix, 'targets'), reader.size, signal);
    const versions = await readNewestComplete(this.ground.sources.targets, reader.size - 1, {
      after: '',
      limit: ROLES_PER_READ,
    });
    for (const { role, version } of versions) {
      state.complete.set(role, version);
      state.stale.add(role);
    }
    const { draft } = state.role;
    if (draft) state.text = (await this.draftText(reader.opened, draft.version))!;
  }

  private draftText(opened: LedgerOpened, version: number): Promise<string | undefined> {
    return versionText(this.ground.sources, opened, 'snapshot', version);
  }

  async fold(steps: readonly Step[], _offsets: readonly number[], facts: Facts): Promise<Folded> {
    const outcomes: Outcome[] = [];
    const drafted: Drafted[] = [];
    const completed: Completion[] = [];
    const files: StoredSnapshotFile[] = [];
    for (const step of steps) {
      const done = evolveSnapshot(this.state, step, facts.at(step.position), this.crypto);
      outcomes.push(...done.outcomes);
      drafted.push(...done.drafted);
      completed.push(...done.completed);
      if (done.file) files.push({ ...done.file, position: step.position });
    }
    const effects = { outcomes, drafted, completed, files };
    return { effects, rows: effects };
  }

  /** In one process the text is handed over to whoever writes the file; half a megabyte a state is much to store. */
  keepsText(): boolean {
    return this.ground.handover === undefined;
  }

  save(): string {
    const { role, requirements } = this.state;
    return JSON.stringify({ role: roleStateText(role), requirements: requirements.map(keySetOf) });
  }
}
