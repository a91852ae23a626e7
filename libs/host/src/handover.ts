// What the projectors of one process tell each other of the batch in hand, so that none has to wait for another's commit and
// read back what it wrote. Whoever else wants to know (the repository, the scheduler of cuts) is told as well.

import type { Step } from '#projection';
import type { CommitQueue } from './commit-queue.js';
import type { ServiceEffects } from './facts.js';
import type { ServiceName } from './schema-name.js';

interface Told {
  readonly steps: readonly Step[];
  readonly effects: ServiceEffects;
}

export class Handover {
  private readonly told = new Map<ServiceName, Told>();
  private readonly here = new Set<ServiceName>();
  private readonly commits = new Map<ServiceName, CommitQueue>();

  /** A projector of this process has joined the reading, or left it. */
  joins(service: ServiceName, commits: CommitQueue): void {
    this.here.add(service);
    this.commits.set(service, commits);
  }

  leaves(service: ServiceName): void {
    this.here.delete(service);
    this.told.delete(service);
    // Its commits are still heeded: what follows from them must not be committed before them.
  }

  /** Whether a projector is in the reading, so that it tells of every batch before those after it fold it. */
  has(service: ServiceName): boolean {
    return this.here.has(service);
  }

  /**
   * Resolves when these projectors, as far as they are in the reading, have committed through `position`; of those that left it, when
   * nothing of theirs is under way. @throws the error that ended one's commits.
   */
  async committed(services: readonly ServiceName[], position: number): Promise<void> {
    for (const service of services) {
      const commits = this.commits.get(service);
      // What one that left could not commit, it will fold again: its place may even lie ahead.
      if (this.here.has(service)) await commits?.reach(position);
      else await commits?.flush();
    }
  }

  /** What a projector did with a batch. */
  tell(service: ServiceName, steps: readonly Step[], effects: ServiceEffects): void {
    this.told.set(service, { steps, effects });
  }

  /** What a projector told of a batch; undefined where it has not folded that one. */
  effects(service: ServiceName, steps: readonly Step[]): ServiceEffects | undefined {
    const told = this.told.get(service);
    return told?.steps === steps ? told.effects : undefined;
  }
}
