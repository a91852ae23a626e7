// The entries of `signed` that are for one role of its own fold, in order.

import { type DraftTrust, type RoleState, submitSignature } from './draft.js';
import type { Outcome } from './outcome.js';
import type { Step } from './reader.js';

/** Submits each entry of a record that is for the role `name`; gives the outcome of each. */
export function takeSignatures(step: Step, name: string, role: RoleState, trust: DraftTrust): Outcome[] {
  const outcomes: Outcome[] = [];
  for (const [event, placed] of step.events.entries()) {
    if (placed.owner !== 'role' || placed.event.type !== 'signed') continue;
    for (const [entry, signature] of placed.event.signatures.entries()) {
      if (signature.role !== name) continue;
      const verdict = submitSignature(role, signature, trust);
      outcomes.push({ position: step.position, event, entry, verdict, role: name });
    }
  }
  return outcomes;
}
