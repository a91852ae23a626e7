// The signer's own fold of the log, kept in its folder so that a restart need not read the whole log again. It can be deleted
// at any time: it is folded anew. It is stored only while no draft is open, so that no text that awaits a signature is ever
// read back from a disk: after a restart the signer derives again, from the log, all that it may sign.

import type { ClassicLevel } from 'classic-level';
import type { LogReader, Place } from '#host';
import { type KeySet, keySetOf, roleKeysOf } from '#ledger';
import {
  type BinsCut,
  type PathState,
  type ReplayState,
  type RootState,
  roleStateOf,
  roleStateText,
  snapshotOrder,
} from '#projection';
import type { Crypto } from '#tuf';

/** What the signer folds with: the log's reader, and the folds behind it. */
export interface SignerFold {
  readonly reading: LogReader;
  readonly state: ReplayState;
}

/** A fold, and where in the log it stands. */
export interface PlacedFold {
  readonly state: ReplayState;
  readonly place: Place;
}

/** What is stored in another form than this one's is folded anew. */
const FOLD_FORMAT = 2;
/** Bins written at once; bounds the memory that one write takes. */
const BINS_PER_WRITE = 512;

/** Whether no online role has an open draft. */
export function isQuiet({ targets, snapshot, timestamp }: ReplayState): boolean {
  return targets.open.size === 0 && !snapshot.role.draft && !timestamp.role.draft && !timestamp.cut;
}

export class FoldStore {
  constructor(
    private readonly store: ClassicLevel<string, string>,
    private readonly crypto: Crypto,
  ) {}

  /** What was stored last of the fold of a ledger. */
  async load(ledger: string): Promise<SavedFold | undefined> {
    const text = await this.store.get('fold');
    const saved = text === undefined ? undefined : (JSON.parse(text) as SavedFold);
    return saved?.ledger === ledger && saved.format === FOLD_FORMAT ? saved : undefined;
  }

  /** Puts a fold where it was stored; its reader must be there already. */
  async restore(state: ReplayState, saved: SavedFold): Promise<void> {
    const opened = state.reader.opened!;
    const keysOf = (sets: readonly KeySet[]) => sets.map(set => roleKeysOf(set, this.crypto));
    Object.assign(state.root, saved.root);
    const { bins } = saved;
    Object.assign(state.targets, {
      opened,
      ...(bins && { cut: { ...bins, keys: roleKeysOf(bins.keys, this.crypto) } }),
    });
    Object.assign(state.snapshot, {
      opened,
      requirements: keysOf(saved.snapshotKeys),
      role: roleStateOf(saved.snapshot),
      order: snapshotOrder(opened.bins.count),
    });
    Object.assign(state.timestamp, {
      requirements: keysOf(saved.timestampKeys),
      role: roleStateOf(saved.timestamp),
    });
    for (const [role, version] of saved.complete) {
      state.snapshot.complete.set(role, version);
      state.snapshot.stale.add(role);
    }
    for await (const [key, value] of this.store.iterator({ gte: 'bin/', lt: 'bin0' })) {
      const { changed, role, paths } = JSON.parse(value) as SavedBin;
      const bin = Number(key.slice('bin/'.length));
      state.targets.bins.set(bin, { changed, role: roleStateOf(role) });
      state.targets.contents.set(bin, new Map(paths));
    }
  }

  /** Stores the fold, with the bins that changed since it was stored last. The fold must be quiet. */
  async save({ state, place }: PlacedFold, ledger: string, changed: Iterable<number>): Promise<void> {
    // A torn save must not be taken for a whole one: without 'fold' the bins count for nothing.
    await this.store.del('fold');
    const bins = [...changed];
    for (let i = 0; i < bins.length; i += BINS_PER_WRITE) {
      const entries = bins.slice(i, i + BINS_PER_WRITE).map(bin => binEntry(state, bin));
      await this.store.batch(entries);
    }
    await this.store.put('fold', JSON.stringify(savedFold({ state, place }, ledger)), { sync: true });
  }

  /** Forgets the stored fold and its bins. */
  async clear(): Promise<void> {
    await this.store.del('fold');
    await this.store.clear({ gte: 'bin/', lt: 'bin0' });
  }
}

/** What is stored of a fold beside its bins. */
export interface SavedFold {
  readonly format: number;
  readonly ledger: string;
  readonly progress: Place;
  readonly root: RootState;
  readonly bins?: Omit<BinsCut, 'keys'> & { readonly keys: KeySet };
  readonly complete: readonly [string, number][];
  readonly snapshot: string;
  readonly snapshotKeys: readonly KeySet[];
  readonly timestamp: string;
  readonly timestampKeys: readonly KeySet[];
}

interface SavedBin {
  readonly changed: number;
  readonly role: string;
  readonly paths: [string, PathState][];
}

function savedFold({ state, place }: PlacedFold, ledger: string): SavedFold {
  const { cut } = state.targets;
  return {
    format: FOLD_FORMAT,
    ledger,
    progress: place,
    root: state.root,
    ...(cut && { bins: { ...cut, keys: keySetOf(cut.keys) } }),
    complete: [...state.snapshot.complete],
    snapshot: roleStateText(state.snapshot.role),
    snapshotKeys: state.snapshot.requirements.map(keySetOf),
    timestamp: roleStateText(state.timestamp.role),
    timestampKeys: state.timestamp.requirements.map(keySetOf),
  };
}

function binEntry(state: ReplayState, bin: number): { type: 'put'; key: string; value: string } {
  const { changed, role } = state.targets.bins.get(bin)!;
  const saved: SavedBin = {
    changed,
    role: roleStateText(role),
    paths: [...state.targets.contents.get(bin)!],
  };
  return { type: 'put', key: `bin/${bin}`, value: JSON.stringify(saved) };
}
