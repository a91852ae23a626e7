// What became of each event, and of each entry of `signed`: decided and recorded by exactly one projector (DESIGN 2).

import type { Verdict } from '#ledger';

/** The outcome of event `event` of the record at `position`; `entry` counts the entries of a `signed` event. */
export interface Outcome {
  readonly position: number;
  readonly event: number;
  readonly entry?: number;
  readonly verdict: Verdict;
  /** The role whose metadata the event changed, or would have. */
  readonly role?: string;
}
