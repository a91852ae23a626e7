// A process's way to a resource outside of it. Every operation waits for its turn; when it comes, the operation is done, fails as
// the seed has it, or the process is killed just before or after it.

import type { Faults, Resource } from './faults.js';
import type { Machine } from './machine.js';
import type { Turns } from './turns.js';
import { Violation } from './violation.js';

const KILLS = ['killed before', 'killed after'] as const;

/** What all processes of a history share of the simulation. */
export interface Stage {
  readonly turns: Turns;
  readonly faults: Faults;
  /** Ends a process at once, with all that it has begun. */
  readonly kill: (machine: Machine) => Promise<void>;
  /** Told of what must never happen and did, whatever the service makes of it. */
  readonly blame: (error: Error) => void;
  readonly note: (text: string) => void;
}

export class Access {
  constructor(
    private readonly stage: Stage,
    readonly machine: Machine,
    private readonly resource: Resource,
  ) {}

  /**
   * Does an operation in its turn. `work` is told which of `kinds` befalls it and brings it about; `isHeld` says whether the
   * operation can't be done yet.
   */
  do<T, K extends string = never>(
    label: string,
    work: (fault: K | undefined) => T | Promise<T>,
    { kinds = [], isHeld }: { readonly kinds?: readonly K[]; readonly isHeld?: () => boolean } = {},
  ): Promise<T> {
    const { turns, faults, kill, note } = this.stage;
    const doIt = async () => {
      const fault = faults.draw<K | (typeof KILLS)[number]>(this.machine.name, this.resource, [
        ...kinds,
        ...KILLS,
      ]);
      if (fault !== undefined) note(`${faults.fired.at(-1)!.id} ${label}: ${fault}`);
      if (fault === 'killed before') await kill(this.machine);
      // The answer reaches nobody: a killed process takes no turn.
      if (!this.machine.alive) return undefined as T;
      const result = await this.judged(
        work,
        fault === 'killed before' || fault === 'killed after' ? undefined : fault,
      );
      if (fault === 'killed after') await kill(this.machine);
      return result;
    };
    return turns.wait(this.machine, { label, work: doIt, ...(isHeld ? { isHeld } : {}) });
  }

  private async judged<T, K>(
    work: (fault: K | undefined) => T | Promise<T>,
    fault: K | undefined,
  ): Promise<T> {
    try {
      return await work(fault);
    } catch (error) {
      if (error instanceof Violation) this.stage.blame(error);
      throw error;
    }
  }

  /** Waits for something to happen outside; nothing can go wrong about it. */
  news(label: string, isHeld: () => boolean): Promise<void> {
    return this.stage.turns.wait(this.machine, { label, work: () => undefined, isHeld });
  }
}
