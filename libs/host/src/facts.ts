// What projectors tell each other of the records in hand. In separate processes they read it from the store, once a watermark
// says that it is all there; in one process the effects of the batch are handed over as they are.

import type { DataSource } from 'typeorm';
import type {
  AppliedCut,
  CompleteState,
  Completion,
  CutNeeds,
  Drafted,
  Outcome,
  RootState,
  SnapshotFile,
  Step,
} from '#projection';
import {
  cutsBetween,
  readRowsAsOf,
  type StoredSnapshotFile,
  type StoredVersion,
  StoreError,
  snapshotFilesBetween,
  versionsTouched,
} from '#store';
import type { ServiceName } from './schema-name.js';

/** What one service did with a batch, as far as the fold of another needs to know. */
export interface ServiceFacts {
  readonly cuts?: readonly AppliedCut[];
  readonly drafted?: readonly PlacedVersion[];
  readonly completed?: readonly PlacedVersion[];
  readonly files?: readonly StoredSnapshotFile[];
}

/** All that one service did with a batch. */
export interface ServiceEffects extends ServiceFacts {
  readonly outcomes: readonly Outcome[];
  readonly drafted: readonly Drafted[];
  readonly completed: readonly Completion[];
  readonly states?: readonly CompleteState[];
  /** What a cut would have to do, after the batch: of targets' projector, and of root's. */
  readonly needs?: CutNeeds;
  readonly root?: RootState;
}

interface RoleVersionFact {
  readonly role: string;
  readonly version: number;
}

interface PlacedVersion extends RoleVersionFact {
  readonly position: number;
}

/** What a record did: its cut, what that drafted and the record completed of targets' roles, and the snapshot that it completed. */
export interface RecordFacts {
  readonly cut?: AppliedCut;
  readonly drafted: readonly RoleVersionFact[];
  readonly completed: readonly RoleVersionFact[];
  readonly snapshot?: SnapshotFile;
}

interface Gathered {
  cut?: AppliedCut;
  drafted: RoleVersionFact[];
  completed: RoleVersionFact[];
  snapshot?: SnapshotFile;
}

const NOTHING: RecordFacts = { drafted: [], completed: [] };

/** The facts of the records of one batch, by position. */
export class Facts {
  private readonly records = new Map<number, Gathered>();

  at(position: number): RecordFacts {
    return this.records.get(position) ?? NOTHING;
  }

  /** Adds what a service did; in the order of services, since what the opening drafts, without a cut, is no part of a state. */
  add(service: ServiceName, { cuts = [], drafted = [], completed = [], files = [] }: ServiceFacts): void {
    for (const cut of cuts) this.gathered(cut.position).cut = cut;
    for (const { position, version, length, sha256 } of files)
      this.gathered(position).snapshot = { version, length, sha256 };
    if (service !== 'targets') return;
    for (const { role, version, position } of drafted) {
      const record = this.records.get(position);
      if (record?.cut) record.drafted.push({ role, version });
    }
    for (const { role, version, position } of completed)
      this.gathered(position).completed.push({ role, version });
  }

  private gathered(position: number): Gathered {
    let record = this.records.get(position);
    if (!record) {
      record = { drafted: [], completed: [] };
      this.records.set(position, record);
    }
    return record;
  }
}

// What a record's bytes say it can't have done need not be asked for: most records are uploads.

/** Whether a record may have made a cut. */
function mayCut({ cut }: Step): boolean {
  return cut !== undefined;
}

/** Whether a record holds a signature for a role that `isWanted`; by default for any role of targets' projection. */
function mayComplete({ events }: Step, isWanted = isOfTargets): boolean {
  return events.some(
    ({ owner, event }) =>
      owner === 'role' && event.type === 'signed' && event.signatures.some(({ role }) => isWanted(role)),
  );
}

function isOfTargets(role: string): boolean {
  return role !== 'root' && role !== 'snapshot' && role !== 'timestamp';
}

/**
 * Reads what a service did with some records that follow one another. Its watermark must lie above the last.
 * @throws StoreError `projection-conflict` where it does no longer: a crash of Postgres takes back the last commits.
 */
export async function readFacts(
  service: ServiceName,
  source: DataSource,
  steps: readonly Step[],
): Promise<ServiceFacts> {
  const asked = await factsAsOf(service, source, steps);
  if (!asked) return {};
  const { facts, watermark: position } = asked;
  if (position > steps.at(-1)!.position) return facts;
  throw new StoreError(
    'projection-conflict',
    `Postgres has lost commits of projector-${service}, which stands at position ${position}; this service waits until they are folded again.`,
  );
}

interface FactsAsOf {
  readonly facts: ServiceFacts;
  readonly watermark: number;
}

/** Undefined where the records' bytes say that there is nothing to ask for. */
async function factsAsOf(
  service: ServiceName,
  source: DataSource,
  steps: readonly Step[],
): Promise<FactsAsOf | undefined> {
  const [first, last] = [steps[0]!.position, steps.at(-1)!.position];
  const hasCut = steps.some(mayCut);
  if (service === 'root') {
    if (!hasCut) return undefined;
    const { rows, watermark } = await readRowsAsOf(source, cutsBetween(first, last));
    return { facts: { cuts: rows }, watermark };
  }
  if (service === 'snapshot') {
    if (!steps.some(step => mayComplete(step, role => role === 'snapshot'))) return undefined;
    const { rows, watermark } = await readRowsAsOf(source, snapshotFilesBetween(first, last));
    return { facts: { files: rows }, watermark };
  }
  if (service !== 'targets' || !(hasCut || steps.some(step => mayComplete(step)))) return undefined;
  const { rows, watermark } = await readRowsAsOf(source, versionsTouched(first, last));
  return { facts: { drafted: rows.map(placed), completed: completedBetween(rows, first, last) }, watermark };
}

function placed(version: StoredVersion): PlacedVersion {
  return { ...version, position: version.drafted };
}

function completedBetween(versions: readonly StoredVersion[], first: number, last: number): PlacedVersion[] {
  return versions.flatMap(version => {
    const { completed = -1 } = version;
    return completed >= first && completed <= last ? [{ ...version, position: completed }] : [];
  });
}
