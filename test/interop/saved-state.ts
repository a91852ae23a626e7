import type { MirrorProxy } from './mirror-proxy.js';

/** A mirror's copy of one state of a repository. All other files of the state are immutable under their versioned names. */
export interface SavedState {
  readonly timestamp: Buffer;
  readonly snapshot: Buffer;
  readonly snapshotPath: string;
}

interface SignedMeta {
  readonly signed: { readonly meta: Readonly<Record<string, { readonly version: number }>> };
}

/** Copies the state that the server behind the mirror publishes now. */
export async function saveState(mirror: MirrorProxy): Promise<SavedState> {
  const timestamp = await mirror.original('timestamp.json');
  const snapshotPath = `${listedVersion(timestamp, 'snapshot')}.snapshot.json`;
  return { timestamp, snapshot: await mirror.original(snapshotPath), snapshotPath };
}

/** Makes the mirror serve a saved state in place of the present one: a rollback, and from the newest state on a freeze. */
export function serveState(mirror: MirrorProxy, saved: SavedState): void {
  mirror.replace('timestamp.json', saved.timestamp);
  mirror.replace(saved.snapshotPath, saved.snapshot);
}

/** Path of a targets role's file in a state. */
export function rolePath(state: SavedState, role: string): string {
  return `${listedVersion(state.snapshot, role)}.${role}.json`;
}

function listedVersion(metadata: Buffer, role: string): number {
  const { signed } = JSON.parse(metadata.toString()) as SignedMeta;
  const listed = signed.meta[`${role}.json`];
  if (listed === undefined) throw new Error(`the metadata lists no ${role}.json`);
  return listed.version;
}
