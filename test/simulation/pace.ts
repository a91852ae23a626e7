// How time passes while nobody can do anything else: to where something is due, and a little farther the longer it has been quiet, so
// that waits of half a minute take few turns and yet nothing that goes on is leapt over.

const FIRST_LEAP_MS = 1;
const LONGEST_LEAP_MS = 20_000;

export class Pace {
  private leap = FIRST_LEAP_MS;
  private lastState = 0;

  /** Time passes slowly again. */
  slow(): void {
    this.leap = FIRST_LEAP_MS;
  }

  /** Told of a number that grows whenever the log or the store does. */
  see(state: number): void {
    if (state !== this.lastState) this.slow();
    this.lastState = state;
  }

  /** The time after a leap from `now`; the next thing is due at `next` (perhaps Infinity). */
  after(now: number, next: number): number {
    const until = now + this.leap;
    this.leap = Math.min(this.leap * 2, LONGEST_LEAP_MS);
    return Number.isFinite(next) ? Math.max(until, Math.min(next, now + LONGEST_LEAP_MS)) : until;
  }
}
