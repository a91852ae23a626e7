// The simulation's scheduler. All code of the services runs here, one piece at a time: from one thing that a process waits for
// (an operation on the log, the store, the files, the disk; a key; a timer; news) to the next. Whenever nothing can run without
// one of these, one is chosen by the seed, done, and its process runs on until all is quiet again. So a seed gives one
// interleaving, the same on every run, and a process can be killed before and after every single operation.

import type { Chance } from './chance.js';
import type { Machine } from './machine.js';
import type { VirtualTime, VirtualTimer } from './virtual-time.js';

/** Rounds of Node's event loop in which nothing new comes, after which all is quiet: services give way by `setImmediate`. */
const QUIET_ROUNDS = 3;

/** Something that a process waits for. */
interface Pending {
  readonly machine: Machine;
  readonly label: string;
  /** Whether it can't be done yet: a lock is held, or there is no news. */
  readonly isHeld: () => boolean;
  readonly run: () => Promise<() => void>;
}

/** What an operation does when its turn has come. */
export interface Operation<T> {
  readonly label: string;
  /** Does it, outside of all services; a rejection is what its process is told. */
  readonly work: () => T | Promise<T>;
  readonly isHeld?: () => boolean;
}

export class Turns {
  /** Turns taken so far. */
  taken = 0;
  private pending: Pending[] = [];
  private last: Machine | undefined;
  private arrivals = 0;

  constructor(
    private readonly time: VirtualTime<Machine>,
    private readonly chance: Chance,
    /** Told of each turn, for whoever reads a failed history. */
    private readonly trace: (machine: Machine, label: string) => void,
  ) {}

  /** Called by a process: resolves when the operation's turn came and it was done; never, if the process dies before. */
  wait<T>(machine: Machine, { label, work, isHeld = () => false }: Operation<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!machine.alive) return;
      this.arrivals++;
      const run = async () => {
        try {
          const result = await work();
          return () => resolve(result);
        } catch (error) {
          return () => reject(error);
        }
      };
      this.pending.push({ machine, label, isHeld, run });
    });
  }

  /** Runs code of a process until all is quiet. */
  async enter(machine: Machine, code: () => void): Promise<void> {
    this.time.owner = machine;
    code();
    let quiet = 0;
    while (quiet < QUIET_ROUNDS) {
      const before = this.arrivals;
      await new Promise<void>(resolve => setImmediate(resolve));
      quiet = this.arrivals === before ? quiet + 1 : 0;
    }
    this.time.owner = undefined;
  }

  /** Takes one turn; gives whether there was one to take at this time. */
  async take(): Promise<boolean> {
    const ready = this.pending.filter(({ machine, isHeld }) => this.isAwake(machine) && !isHeld());
    const timers = this.time.due(machine => this.isAwake(machine));
    if (ready.length + timers.length === 0) return false;
    const chosen = this.choose([...ready, ...timers.map(timer => this.ringing(timer))]);
    this.taken++;
    this.last = chosen.machine;
    this.pending = this.pending.filter(pending => pending !== chosen);
    this.trace(chosen.machine, chosen.label);
    const tell = await chosen.run();
    if (chosen.machine.alive) await this.enter(chosen.machine, tell);
    return true;
  }

  /** When something can be done that can't now, as far as timers tell. */
  next(): number {
    return this.time.next(machine => this.isAwake(machine));
  }

  /** A process was killed: nothing of it will be done any more. */
  forget(machine: Machine): void {
    this.pending = this.pending.filter(pending => pending.machine !== machine);
    this.time.forget(machine);
  }

  private isAwake(machine: Machine): boolean {
    return machine.alive && machine.asleepUntil <= this.time.now;
  }

  private ringing(timer: VirtualTimer<Machine>): Pending {
    return {
      machine: timer.owner,
      label: 'timer',
      isHeld: () => false,
      run: async () => () => this.time.ring(timer),
    };
  }

  /** Half of the time the process that ran last goes on, if it can: services mostly run for a while. */
  private choose(ready: readonly Pending[]): Pending {
    const random = this.chance.at('order', this.taken);
    const own = ready.filter(({ machine }) => machine === this.last);
    return random.pick(own.length > 0 && random.oneIn(2) ? own : ready);
  }
}
