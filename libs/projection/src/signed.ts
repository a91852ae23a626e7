// The entries of `signed` that are for one role, in order.

import type { SignedEntry } from '#ledger';
import type { Step } from './reader.js';

/** Calls `take` with each entry for `role`, its event's index and its own. */
export function forEachEntry(
  step: Step,
  role: string,
  take: (entry: SignedEntry, event: number, index: number) => void,
): void {
  step.events.forEach((placed, event) => {
    if (placed.owner !== 'role' || placed.event.type !== 'signed') return;
    placed.event.signatures.forEach((entry, index) => {
      if (entry.role === role) take(entry, event, index);
    });
  });
}
