// What projector-targets keeps of its fold in its progress, as JSON: what the newest cut said of the bins, and `needs`, which the
// scheduler of cuts reads. All else follows from the rows.

import { type KeySet, keySetOf, roleKeysOf } from '#ledger';
import { type BinsCut, type CutNeeds, joinedNeeds, NO_RECORDS, type RecordsByCut } from '#projection';
import type { Crypto } from '#tuf';

interface SavedFold {
  readonly cut?: Omit<BinsCut, 'keys'> & { readonly keys: KeySet };
  readonly needs: CutNeeds;
}

export function savedText(cut: BinsCut | undefined, needs: CutNeeds): string {
  const saved: SavedFold = cut ? { cut: { ...cut, keys: keySetOf(cut.keys) }, needs } : { needs };
  return JSON.stringify(saved);
}

/** What the newest cut said of the bins; undefined before the first. */
export function binsCutOf(saved: string, crypto: Crypto): BinsCut | undefined {
  const { cut } = JSON.parse(saved) as SavedFold;
  return cut && { ...cut, keys: roleKeysOf(cut.keys, crypto) };
}

/** The records around the last cut. */
export function recordsOf(saved: string): RecordsByCut {
  return (JSON.parse(saved) as SavedFold).needs.busy ?? NO_RECORDS;
}

/** What neighbours have kept, as the shard that they make together keeps it. They stand at one position, and saw the same cuts. */
export function joinSaved(saved: readonly string[]): string {
  const folds = saved.map(text => JSON.parse(text) as SavedFold);
  return JSON.stringify({ ...folds[0], needs: joinedNeeds(folds.map(fold => fold.needs)) });
}
