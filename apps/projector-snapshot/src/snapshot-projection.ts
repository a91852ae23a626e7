// projector-snapshot: the versions of all roles as of each cut.

import type { DataSource } from 'typeorm';
import { readTargetsFacts, type ServiceFold, schemaName, type Watermarks, type WriteEffects } from '#host';
import {
  type Completion,
  type Drafted,
  evolveSnapshot,
  newSnapshotState,
  type Outcome,
  openingKeys,
  type Reader,
  roleStateOf,
  roleStateText,
  type SnapshotState,
  type Step,
  snapshotOrder,
} from '#projection';
import {
  type Progress,
  readNewestComplete,
  readVersions,
  type StoredSnapshotFile,
  writeCompletions,
  writeDrafts,
  writeOutcomes,
  writeSnapshotFiles,
} from '#store';
import type { Crypto } from '#tuf';

/** Roles read at once when the newest versions of all are. */
const ROLES_PER_READ = 20_000;

export interface SnapshotFactSources {
  readonly prefix: string;
  readonly root: DataSource;
  readonly targets: DataSource;
  /** The service's own schema. */
  readonly snapshot: DataSource;
  readonly watermarks: Watermarks;
}

export class SnapshotProjection implements ServiceFold {
  private state: SnapshotState = newSnapshotState();

  constructor(
    private readonly facts: SnapshotFactSources,
    private readonly crypto: Crypto,
  ) {}

  async restore(progress: Progress | undefined, reader: Reader, signal: AbortSignal): Promise<void> {
    this.state = newSnapshotState();
    if (!progress || !reader.opened) return;
    const { state } = this;
    const saved = JSON.parse(progress.state);
    state.role = roleStateOf(saved.role);
    if (state.role.draft) state.text = await this.draftText(state.role.draft.version);
    state.opened = reader.opened;
    state.keys = openingKeys(reader.opened, this.crypto);
    state.order = snapshotOrder(reader.opened.bins.count);
    // Versions are the targets' facts, read again rather than kept twice.
    await this.facts.watermarks.reach(schemaName(this.facts.prefix, 'targets'), reader.size, signal);
    const versions = await readNewestComplete(this.facts.targets, reader.size - 1, {
      after: '',
      limit: ROLES_PER_READ,
    });
    for (const { role, version } of versions) {
      state.complete.set(role, version);
      state.stale.add(role);
    }
  }

  // Half a megabyte for a large index, so it is not in the progress as well, which every commit writes.
  private async draftText(version: number): Promise<string> {
    const [draft] = await readVersions(this.facts.snapshot, [{ role: 'snapshot', version }]);
    return draft!.text!;
  }

  async ready(position: number, signal: AbortSignal): Promise<number> {
    const { prefix, watermarks } = this.facts;
    const targets = await watermarks.reach(schemaName(prefix, 'targets'), position + 1, signal);
    const root = await watermarks.reach(schemaName(prefix, 'root'), position + 1, signal);
    return Math.min(targets, root) - position;
  }

  async fold(steps: readonly Step[]): Promise<WriteEffects | undefined> {
    const outcomes: Outcome[] = [];
    const drafted: Drafted[] = [];
    const completed: Completion[] = [];
    const files: StoredSnapshotFile[] = [];
    const facts = await readTargetsFacts(this.facts, steps);
    for (const step of steps) {
      const effects = evolveSnapshot(this.state, step, facts(step.position), this.crypto);
      outcomes.push(...effects.outcomes);
      drafted.push(...effects.drafted);
      completed.push(...effects.completed);
      if (effects.file) files.push({ ...effects.file, position: step.position });
    }
    if (outcomes.length + drafted.length + completed.length === 0) return undefined;
    return async runner => {
      await writeOutcomes(runner, outcomes);
      await writeDrafts(runner, drafted);
      await writeCompletions(runner, completed);
      await writeSnapshotFiles(runner, files);
    };
  }

  save(): string {
    return JSON.stringify({ role: roleStateText(this.state.role) });
  }
}
