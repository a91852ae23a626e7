// What projector-snapshot and projector-timestamp read of the services before them, record by record.

import type { DataSource } from 'typeorm';
import type { AppliedCut } from '#projection';
import { readCuts, readVersionsTouched } from '#store';

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

/** The facts of the records from `first` to `last`, by position. The watermarks of root and targets must lie above `last`. */
export async function readTargetsFacts(
  sources: { readonly root: DataSource; readonly targets: DataSource },
  first: number,
  last: number,
): Promise<(position: number) => TargetsFacts> {
  const facts = new Map<number, TargetsFacts>();
  const at = (position: number): TargetsFacts => {
    const found = facts.get(position) ?? { drafted: [], completed: [] };
    facts.set(position, found);
    return found;
  };
  for (const cut of await readCuts(sources.root, first, last))
    facts.set(cut.position, { ...at(cut.position), cut });
  for (const { role, version, drafted, completed } of await readVersionsTouched(
    sources.targets,
    first,
    last,
  )) {
    // What the opening drafts is no part of a state.
    if (facts.get(drafted)?.cut) at(drafted).drafted.push({ role, version });
    if (completed !== undefined && completed >= first && completed <= last)
      at(completed).completed.push({ role, version });
  }
  return position => facts.get(position) ?? NOTHING;
}
