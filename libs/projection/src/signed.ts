// The entries of `signed` that are for one role of its own fold, in order.

import { type DraftTrust, type RoleState, submitSignature } from './draft.js';
import type { Outcome } from './outcome.js';
import type { Step } from './reader.js';

/** Submits each entry of a record that is for the role `name`; gives the outcome of each. */
export function takeSignatures(step: Step, name: string, role: RoleState, trust: DraftTrust): Outcome[] {
  const outcomes: Outcome[] = [];
  step.events.forEach((placed, event) => {
    if (placed.owner !== 'role' || placed.event.type !== 'signed') return;
    placed.event.signatures.forEach((signature, entry) => {
      if (signature.role !== name) return;
      const verdict = submitSignature(role, signature, trust);
      outcomes.push({ position: step.position, event, entry, verdict, role: name });
    });
  });
  return outcomes;
}
