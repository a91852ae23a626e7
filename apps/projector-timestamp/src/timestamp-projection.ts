// projector-timestamp: the timestamp of each state, which completes it.

import type { DataSource } from 'typeorm';
import {
  mayComplete,
  readTargetsFacts,
  type ServiceFold,
  schemaName,
  type Watermarks,
  type WriteEffects,
} from '#host';
import {
  type CompleteState,
  type Completion,
  type Drafted,
  evolveTimestamp,
  newTimestampState,
  type Outcome,
  openingKeys,
  type Reader,
  roleStateOf,
  roleStateText,
  type Step,
  type TimestampState,
} from '#projection';
import {
  type Progress,
  readSnapshotFiles,
  readVersionsTouched,
  writeCompleteStates,
  writeCompletions,
  writeDrafts,
  writeOutcomes,
} from '#store';
import type { Crypto } from '#tuf';

export interface TimestampFactSources {
  readonly prefix: string;
  readonly root: DataSource;
  readonly targets: DataSource;
  readonly snapshot: DataSource;
  readonly watermarks: Watermarks;
}

export class TimestampProjection implements ServiceFold {
  private state: TimestampState = newTimestampState();

  constructor(
    private readonly facts: TimestampFactSources,
    private readonly crypto: Crypto,
  ) {}

  async restore(progress: Progress | undefined, reader: Reader, signal: AbortSignal): Promise<void> {
    this.state = newTimestampState();
    if (!progress || !reader.opened) return;
    const { role, ...rest } = JSON.parse(progress.state);
    this.state = {
      ...rest,
      role: roleStateOf(role),
      waiting: new Set<string>(),
      keys: openingKeys(reader.opened, this.crypto),
    };
    const { cut } = this.state;
    if (!cut) return;
    // Which roles of the open state are still incomplete is the targets' fact, read again rather than kept twice.
    await this.facts.watermarks.reach(schemaName(this.facts.prefix, 'targets'), reader.size, signal);
    for (const version of await readVersionsTouched(this.facts.targets, cut.position, cut.position)) {
      const { role: name, drafted, completed } = version;
      if (drafted === cut.position && !(completed !== undefined && completed < reader.size))
        this.state.waiting.add(name);
    }
  }

  async ready(position: number, signal: AbortSignal): Promise<number> {
    // The snapshot's watermark lies at or below those of root and targets, which it waited for itself.
    const snapshot = await this.facts.watermarks.reach(
      schemaName(this.facts.prefix, 'snapshot'),
      position + 1,
      signal,
    );
    return snapshot - position;
  }

  async fold(steps: readonly Step[]): Promise<WriteEffects | undefined> {
    const outcomes: Outcome[] = [];
    const drafted: Drafted[] = [];
    const completed: Completion[] = [];
    const states: CompleteState[] = [];
    const [first, last] = [steps[0]!.position, steps.at(-1)!.position];
    const hasFile = steps.some(step => mayComplete(step, role => role === 'snapshot'));
    const [facts, snapshots] = await Promise.all([
      readTargetsFacts(this.facts, steps),
      hasFile ? readSnapshotFiles(this.facts.snapshot, first, last) : [],
    ]);
    const files = new Map(snapshots.map(file => [file.position, file]));
    for (const step of steps) {
      const { position } = step;
      const file = files.get(position);
      const snapshot = file && {
        snapshot: { version: file.version, length: file.length, sha256: file.sha256 },
      };
      const effects = evolveTimestamp(this.state, step, { ...facts(position), ...snapshot }, this.crypto);
      outcomes.push(...effects.outcomes);
      drafted.push(...effects.drafted);
      completed.push(...effects.completed);
      if (effects.state) states.push(effects.state);
    }
    if (outcomes.length + drafted.length + completed.length === 0) return undefined;
    return async runner => {
      await writeOutcomes(runner, outcomes);
      await writeDrafts(runner, drafted);
      await writeCompletions(runner, completed);
      await writeCompleteStates(runner, states);
    };
  }

  save(): string {
    const { role, waiting: _waiting, keys: _keys, ...rest } = this.state;
    return JSON.stringify({ ...rest, role: roleStateText(role) });
  }
}
