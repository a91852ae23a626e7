// projector-timestamp: the timestamp of each state, which completes it.

import {
  type FactGround,
  type Facts,
  type Folded,
  type ServiceFold,
  type ServiceName,
  schemaName,
} from '#host';
import { type KeySet, keySetOf, roleKeysOf } from '#ledger';
import {
  type CompleteState,
  type Completion,
  type Drafted,
  evolveTimestamp,
  newTimestampState,
  type Outcome,
  type Reader,
  roleStateOf,
  roleStateText,
  type Step,
  type TimestampState,
} from '#projection';
import { type Progress, readRows, versionsTouched } from '#store';
import type { Crypto } from '#tuf';

export class TimestampProjection implements ServiceFold {
  readonly service = 'timestamp';
  readonly upstream: readonly ServiceName[] = ['root', 'targets', 'snapshot'];
  private state: TimestampState = newTimestampState();

  constructor(
    private readonly ground: FactGround,
    private readonly crypto: Crypto,
  ) {}

  async restore(progress: Progress | undefined, reader: Reader, signal: AbortSignal): Promise<void> {
    this.state = newTimestampState();
    if (!progress || !reader.opened) return;
    const { role, requirements, ...rest } = JSON.parse(progress.state);
    this.state = {
      ...rest,
      role: roleStateOf(role),
      waiting: new Set<string>(),
      requirements: (requirements as KeySet[]).map(set => roleKeysOf(set, this.crypto)),
    };
    const { cut } = this.state;
    if (!cut) return;
    // Which roles of the open state are still incomplete is the targets' fact, read again rather than kept twice.
    await this.ground.watermarks.reach(schemaName(this.ground.prefix, 'targets'), reader.size, signal);
    for (const version of await readRows(
      this.ground.sources.targets,
      versionsTouched(cut.position, cut.position),
    )) {
      const { role: name, drafted, completed } = version;
      if (drafted === cut.position && !(completed !== undefined && completed < reader.size))
        this.state.waiting.add(name);
    }
  }

  async fold(steps: readonly Step[], _offsets: readonly number[], facts: Facts): Promise<Folded> {
    const outcomes: Outcome[] = [];
    const drafted: Drafted[] = [];
    const completed: Completion[] = [];
    const states: CompleteState[] = [];
    for (const step of steps) {
      const done = evolveTimestamp(this.state, step, facts.at(step.position), this.crypto);
      outcomes.push(...done.outcomes);
      drafted.push(...done.drafted);
      completed.push(...done.completed);
      if (done.state) states.push(done.state);
    }
    const effects = { outcomes, drafted, completed, states };
    return { effects, rows: effects };
  }

  keepsText(): boolean {
    return true;
  }

  save(): string {
    const { role, waiting: _waiting, requirements, ...rest } = this.state;
    return JSON.stringify({
      ...rest,
      role: roleStateText(role),
      requirements: requirements.map(keySetOf),
    });
  }
}
