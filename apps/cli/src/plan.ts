// What an import has to send: the events by which the ledger comes to hold what the index shows. Pure, and a function of the
// two alone, so a second run sends nothing and one that was interrupted goes on where it stopped.
//
// An import adds and marks; it never removes. What only the ledger holds is left alone, and so is what the ledger has removed:
// a removal is somebody's decision, and the index's page may be older than it.

import type { FileEvent } from '#ledger';
import type { IndexFile } from './page.js';

/** A target as the ledger holds it. `yanked` is the reason, or true where none was given. */
export interface HeldTarget {
  readonly path: string;
  readonly length: number;
  readonly hashes: { readonly sha256: string; readonly sha512?: string };
  readonly yanked?: true | string;
  readonly removed?: true;
}

/** A file that the ledger knows otherwise: with other content, or as removed. Nothing is sent for it. */
interface Conflict {
  readonly path: string;
  readonly code: 'other-content' | 'removed';
  readonly detail: string;
}

export interface Plan {
  /** In the order of the files. */
  readonly events: readonly FileEvent[];
  readonly conflicts: readonly Conflict[];
  /** Files for which nothing has to be sent. */
  readonly alreadyThere: number;
}

/** Plans the import of `files`, in upload order, into a ledger that holds `held`, by path. */
export function planImport(files: readonly IndexFile[], held: ReadonlyMap<string, HeldTarget>): Plan {
  const events: FileEvent[] = [];
  const conflicts: Conflict[] = [];
  let alreadyThere = 0;
  for (const file of files) {
    const target = held.get(file.path);
    const conflict = target && conflictOf(file, target);
    if (conflict) {
      conflicts.push(conflict);
      continue;
    }
    const missing = missingEvents(file, target);
    if (missing.length === 0) alreadyThere += 1;
    events.push(...missing);
  }
  return { events, conflicts, alreadyThere };
}

function conflictOf(file: IndexFile, target: HeldTarget): Conflict | undefined {
  const { path, upload } = file;
  if (target.removed)
    return { path, code: 'removed', detail: 'the index lists it, and the ledger has removed it' };
  const { sha256, sha512 } = upload.hashes;
  const otherSha512 =
    sha512 !== undefined && target.hashes.sha512 !== undefined && sha512 !== target.hashes.sha512;
  if (target.length === upload.length && target.hashes.sha256 === sha256 && !otherSha512) return undefined;
  const detail = `the index has ${upload.length} bytes of sha256 ${sha256}, the ledger ${target.length} bytes of ${target.hashes.sha256}`;
  return { path, code: 'other-content', detail };
}

function missingEvents({ upload, yank }: IndexFile, target: HeldTarget | undefined): FileEvent[] {
  if (!target) return yank ? [upload, yank] : [upload];
  const { project, filename } = upload;
  const wanted = yank && (yank.reason ?? true);
  if (wanted === target.yanked) return [];
  return [yank ?? { type: 'file.unyanked', project: project!, filename: filename! }];
}
