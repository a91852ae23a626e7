// What a projector writes of the records that one commit covers. A commit often covers several batches; their rows are written
// together, since a statement costs more than the rows of a small batch, and what was superseded in between need not be written.

import type { QueryRunner } from 'typeorm';
import type { AppliedCut, CompleteState, Completion, Drafted, Outcome, PathChange } from '#projection';
import { type BinRow, writeBinRows } from './bin.js';
import { writeOutcomes } from './outcome.js';
import { type RecordOffset, writeRecordOffsets } from './record-offset.js';
import { writeVersions } from './role-version.js';
import { type StoredSnapshotFile, writeSnapshotFiles } from './snapshot.js';
import { writeCompleteStates, writeCuts } from './state.js';
import { writePathChanges } from './target.js';

/** Rows of one batch, each list in log order. A projector gives those of its own tables. */
export interface Rows {
  readonly outcomes: readonly Outcome[];
  readonly drafted: readonly Drafted[];
  readonly completed: readonly Completion[];
  readonly offsets?: readonly RecordOffset[];
  readonly changes?: readonly PathChange[];
  /** The bins that the batch touched, as they stood after it. */
  readonly bins?: readonly BinRow[];
  readonly cuts?: readonly AppliedCut[];
  readonly files?: readonly StoredSnapshotFile[];
  readonly states?: readonly CompleteState[];
}

/** Whether there is anything to write. */
export function hasRows(rows: Rows): boolean {
  return Object.values(rows).some(list => list.length > 0);
}

/** Writes the rows of batches that follow one another; `keepsText` says of which roles the texts are stored. */
export async function writeRows(
  runner: QueryRunner,
  batches: readonly Rows[],
  keepsText: (role: string) => boolean,
): Promise<void> {
  const all = <K extends keyof Rows>(name: K) =>
    batches.flatMap((rows): readonly unknown[] => rows[name] ?? []) as unknown as NonNullable<Rows[K]>;
  await writeRecordOffsets(runner, all('offsets'));
  await writeOutcomes(runner, all('outcomes'));
  await writePathChanges(runner, all('changes'));
  await writeVersions(runner, { drafted: all('drafted'), completed: all('completed') }, keepsText);
  const newest = new Map(all('bins').map(row => [row.bin, row]));
  await writeBinRows(runner, [...newest.values()]);
  await writeCuts(runner, all('cuts'));
  await writeSnapshotFiles(runner, all('files'));
  await writeCompleteStates(runner, all('states'));
}
