// What projector-snapshot and projector-timestamp read of the services before them, record by record.

import type { DataSource } from 'typeorm';
import type { AppliedCut, Step } from '#projection';
import { readCuts, readVersionsTouched } from '#store';

// What a record's bytes say it can't have done need not be asked for: most records are uploads.

/** Whether a record may have made a cut. */
export function mayCut({ rootHash }: Step): boolean {
  return rootHash !== undefined;
}

/** Whether a record holds a signature for a role that `isWanted`; by default for any role of targets' projection. */
export function mayComplete({ events }: Step, isWanted = isOfTargets): boolean {
  return events.some(
    ({ owner, event }) =>
      owner === 'role' && event.type === 'signed' && event.signatures.some(({ role }) => isWanted(role)),
  );
}

function isOfTargets(role: string): boolean {
  return role !== 'root' && role !== 'snapshot' && role !== 'timestamp';
}

interface RoleVersionFact {
  readonly role: string;
  readonly version: number;
}

/** The cut that a record made, what the cut drafted, and what the record completed of targets' roles. */
export interface TargetsFacts {
  readonly cut?: AppliedCut;
  readonly drafted: RoleVersionFact[];
  readonly completed: RoleVersionFact[];
}

const NOTHING: TargetsFacts = { drafted: [], completed: [] };

/** The facts of some records that follow one another, by position. The watermarks of root and targets must lie above the last. */
export async function readTargetsFacts(
  sources: { readonly root: DataSource; readonly targets: DataSource },
  steps: readonly Step[],
): Promise<(position: number) => TargetsFacts> {
  const [first, last] = [steps[0]!.position, steps.at(-1)!.position];
  const facts = new Map<number, TargetsFacts>();
  const at = (position: number): TargetsFacts => {
    const found = facts.get(position) ?? { drafted: [], completed: [] };
    facts.set(position, found);
    return found;
  };
  const hasCut = steps.some(mayCut);
  const [cuts, versions] = await Promise.all([
    hasCut ? readCuts(sources.root, first, last) : [],
    hasCut || steps.some(step => mayComplete(step)) ? readVersionsTouched(sources.targets, first, last) : [],
  ]);
  for (const cut of cuts) facts.set(cut.position, { ...at(cut.position), cut });
  for (const { role, version, drafted, completed } of versions) {
    // What the opening drafts is no part of a state.
    if (facts.get(drafted)?.cut) at(drafted).drafted.push({ role, version });
    if (completed !== undefined && completed >= first && completed <= last)
      at(completed).completed.push({ role, version });
  }
  return position => facts.get(position) ?? NOTHING;
}
