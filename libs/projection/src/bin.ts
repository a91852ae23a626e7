// The content of one hash bin: every path that ever fell into it and was not released, with what was last said of it.
// Removed paths stay known by their content, so that none comes back with another one (DESIGN 2).

import {
  APPLIED,
  type FileEvent,
  type FileUploaded,
  type PathReleased,
  rejected,
  UNCHANGED,
  type Verdict,
} from '#ledger';
import { sortCodePoints, type Target, targetFragment } from '#tuf';

/** What is known of a path: its target, and whether it was removed from the metadata. */
export interface PathState {
  readonly target: Target;
  readonly removed: boolean;
}

/** A bin's paths. Changed in place by decideFile. */
export type BinContent = Map<string, PathState>;

/** Decides an event about one path against the bin that holds it, and changes the bin by it. */
export function decideFile(bin: BinContent, path: string, event: FileEvent | PathReleased): Verdict {
  switch (event.type) {
    case 'file.uploaded':
      return upload(bin, path, event);
    case 'file.yanked':
      return mark(bin, path, event.reason ?? true);
    case 'file.unyanked':
      return mark(bin, path, undefined);
    case 'file.removed':
      return remove(bin, path);
    case 'path.released':
      return release(bin, path);
  }
}

function upload(bin: BinContent, path: string, event: FileUploaded): Verdict {
  const known = bin.get(path);
  if (known && !sameContent(known.target, event)) {
    return known.removed
      ? rejected(
          'path-spent',
          `${path} was removed with other content (sha256 ${known.target.sha256}); administrators can release it`,
        )
      : rejected(
          'path-taken',
          `${path} has other content (sha256 ${known.target.sha256}); upload under another filename`,
        );
  }
  if (known && !known.removed) return UNCHANGED;
  const { length, hashes } = event;
  const { sha256 } = hashes;
  // A hash once known of removed content stays known, or the path could come back with another one.
  const sha512 = hashes.sha512 ?? known?.target.sha512;
  const target = sha512 === undefined ? { length, sha256 } : { length, sha256, sha512 };
  bin.set(path, { target, removed: false });
  return APPLIED;
}

// An added sha512 does not make it another file; a sha512 that differs does.
function sameContent(target: Target, { length, hashes }: FileUploaded): boolean {
  if (target.length !== length || target.sha256 !== hashes.sha256) return false;
  return target.sha512 === undefined || hashes.sha512 === undefined || target.sha512 === hashes.sha512;
}

function mark(bin: BinContent, path: string, yanked: string | true | undefined): Verdict {
  const known = bin.get(path);
  if (!known || known.removed) return rejected('target-unknown', `${path} is no target of this ledger`);
  if (known.target.yanked === yanked) return UNCHANGED;
  const { yanked: _before, ...target } = known.target;
  bin.set(path, { target: yanked === undefined ? target : { ...target, yanked }, removed: false });
  return APPLIED;
}

function remove(bin: BinContent, path: string): Verdict {
  const known = bin.get(path);
  if (!known) return rejected('target-unknown', `${path} is no target of this ledger`);
  if (known.removed) return UNCHANGED;
  bin.set(path, { target: known.target, removed: true });
  return APPLIED;
}

function release(bin: BinContent, path: string): Verdict {
  const known = bin.get(path);
  if (!known) return UNCHANGED;
  if (!known.removed)
    return rejected('path-taken', `${path} is a target; remove it before its path is released`);
  bin.delete(path);
  return APPLIED;
}

/** Removes every target of a project from the bin; gives the paths that it removed. */
export function removeProject(bin: BinContent, project: string): string[] {
  const gone = [...bin.keys()].filter(path => path.startsWith(`${project}/`) && !bin.get(path)!.removed);
  for (const path of gone) remove(bin, path);
  return gone;
}

/** The fragments of the bin's targets, in code point order of their paths. */
export function binFragments(bin: BinContent): string[] {
  const paths: string[] = [];
  for (const [path, { removed }] of bin) if (!removed) paths.push(path);
  return sortCodePoints(paths).map(path => targetFragment(path, bin.get(path)!.target));
}
