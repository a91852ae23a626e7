// What the newest records did, as far as a request that waits for its publication asks: a window on the past, in memory.

import type { ServiceEffects } from '#host';
import type { CompleteState } from '#projection';
import { type StoredOutcome, storedOutcomes } from '#store';
import type { WantedVersion } from './history.js';

/** Outcomes, states and versions that each half of the window may hold. */
const HALF_ENTRIES = 50_000;

interface KeptVersion {
  readonly version: number;
  readonly drafted: number;
  completed: boolean;
}

/** What the records from `from` on did, up to where the next half begins. */
interface Half {
  readonly from: number;
  readonly outcomes: StoredOutcome[];
  readonly states: CompleteState[];
  readonly versions: Map<string, KeptVersion[]>;
  entries: number;
}

/** Two halves: when the newer one is full, the older one is forgotten. */
export class RecentRecords {
  private older: Half;
  private newer: Half;

  /** `from`: the position of the first record that it will be told of. */
  constructor(from: number) {
    this.older = newHalf(from);
    this.newer = newHalf(from);
  }

  /** What records at this position and later ones did is known. */
  get from(): number {
    return this.older.from;
  }

  /** Takes what a service did with the newest records, drafts before completions. */
  add({ outcomes, drafted, completed, states = [] }: ServiceEffects): void {
    const kept = storedOutcomes(outcomes);
    for (const outcome of kept) this.newer.outcomes.push(outcome);
    for (const { role, version, position } of drafted) {
      const versions = this.newer.versions.get(role) ?? [];
      versions.push({ version, drafted: position, completed: false });
      this.newer.versions.set(role, versions);
    }
    for (const { role, version } of completed) {
      const found = this.versionsOf(role).find(known => known.version === version);
      if (found) found.completed = true;
    }
    for (const state of states) this.newer.states.push(state);
    this.newer.entries += kept.length + drafted.length + states.length;
  }

  /** All records below `size` have been told of. */
  closed(size: number): void {
    if (this.newer.entries <= HALF_ENTRIES) return;
    this.older = this.newer;
    this.newer = newHalf(size);
  }

  /** As History.outcomes; `first` must lie in the window. */
  outcomes(first: number, last: number): StoredOutcome[] {
    return this.halves.flatMap(({ outcomes }) =>
      outcomes.filter(({ position }) => position >= first && position <= last),
    );
  }

  /** As History.statesBetween; `lowest` must lie in the window. */
  statesBetween(lowest: number, highest: number): CompleteState[] {
    const later = this.halves.flatMap(({ states }) => states.filter(({ cut }) => cut > lowest));
    const last = later.findIndex(({ cut }) => cut > highest);
    return last < 0 ? later : later.slice(0, last + 1);
  }

  /** As History.versionsAfter; all positions must lie in the window. */
  versionsAfter(wanted: readonly WantedVersion[], until: number): (number | undefined)[] {
    return wanted.map(
      ({ role, position }) =>
        this.versionsOf(role).find(
          ({ drafted, completed }) => completed && drafted > position && drafted <= until,
        )?.version,
    );
  }

  private get halves(): readonly Half[] {
    return [this.older, this.newer];
  }

  private versionsOf(role: string): KeptVersion[] {
    return this.halves.flatMap(({ versions }) => versions.get(role) ?? []);
  }
}

function newHalf(from: number): Half {
  return { from, outcomes: [], states: [], versions: new Map(), entries: 0 };
}
