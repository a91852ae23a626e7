// Time that passes only when the simulation says so. What the services set timers with (`setTimeout`, `setInterval`, the promised
// `setTimeout`) and the monotonic clock are replaced for the length of a history, and only while a simulated process runs:
// Postgres's client, vitest and the simulation itself keep the real ones.

import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';

/** A timer that a process has set. */
export interface VirtualTimer<Owner> {
  readonly owner: Owner;
  readonly order: number;
  due: number;
  readonly period: number | undefined;
  readonly ring: () => void;
}

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  now: performance.now,
  promised: timersPromises.setTimeout,
};

export class VirtualTime<Owner> {
  /** Milliseconds since the history began. */
  now = 0;
  /** Whose code runs now; undefined while it is the simulation's own. */
  owner: Owner | undefined;
  private readonly timers = new Set<VirtualTimer<Owner>>();
  private set = 0;

  /** Replaces the timers of this Node process until `uninstall`. */
  install(): void {
    const timeout = (ring: () => void, ms = 0) => this.add(ring, ms, undefined);
    const interval = (ring: () => void, ms = 0) => this.add(ring, ms, ms);
    const clear = (timer: unknown) => this.timers.delete(timer as VirtualTimer<Owner>);
    const either = <F>(virtual: F, actual: F): F =>
      ((...args: never[]) =>
        ((this.owner === undefined ? actual : virtual) as (...args: never[]) => unknown)(...args)) as F;
    const clearing = (actual: (timer: never) => void) => (timer: never) => {
      if (!clear(timer)) actual(timer);
    };
    const promised = <T>(ms: number, value: T) =>
      new Promise<T>(resolve => timeout(() => resolve(value), ms));
    Object.assign(globalThis, {
      setTimeout: either(timeout as never, real.setTimeout),
      setInterval: either(interval as never, real.setInterval),
      clearTimeout: clearing(real.clearTimeout as never),
      clearInterval: clearing(real.clearInterval as never),
    });
    performance.now = () => (this.owner === undefined ? real.now.call(performance) : this.now);
    timersPromises.setTimeout = either(promised as never, real.promised);
    syncBuiltinESMExports();
  }

  uninstall(): void {
    const { setTimeout, clearTimeout, setInterval, clearInterval } = real;
    Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval });
    performance.now = real.now;
    timersPromises.setTimeout = real.promised;
    syncBuiltinESMExports();
  }

  /** The timers of those owners that are due by now, in the order in which they became so. */
  due(isAwake: (owner: Owner) => boolean): VirtualTimer<Owner>[] {
    const due = [...this.timers].filter(timer => timer.due <= this.now && isAwake(timer.owner));
    return due.sort((a, b) => a.due - b.due || a.order - b.order);
  }

  /** When the next timer of those owners rings; Infinity where none is set. */
  next(isAwake: (owner: Owner) => boolean): number {
    let next = Number.POSITIVE_INFINITY;
    for (const timer of this.timers) if (isAwake(timer.owner)) next = Math.min(next, timer.due);
    return next;
  }

  /** Lets a due timer ring. However long the wait was, an interval rings once. */
  ring(timer: VirtualTimer<Owner>): void {
    if (timer.period === undefined) this.timers.delete(timer);
    else timer.due = this.now + timer.period;
    timer.ring();
  }

  /** Forgets the timers of an owner that has died. */
  forget(owner: Owner): void {
    for (const timer of this.timers) if (timer.owner === owner) this.timers.delete(timer);
  }

  private add(ring: () => void, ms: number, period: number | undefined): object {
    // Node rounds a pause of nothing up.
    const wait = Math.max(1, ms);
    const timer = {
      owner: this.owner!,
      order: this.set++,
      due: this.now + wait,
      period: period === undefined ? undefined : wait,
      ring,
      unref: () => timer,
      ref: () => timer,
    };
    this.timers.add(timer);
    return timer;
  }
}
