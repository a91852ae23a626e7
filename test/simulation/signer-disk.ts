// The signer's folder as its store (LevelDB) keeps it: what was written outlives the process; of what was written after the last
// synchronised write a power cut leaves some beginning, since the store writes one log.

import type { ClassicLevel } from 'classic-level';
import type { Random } from '../fixtures/random.js';
import type { Access } from './access.js';

interface Put {
  readonly type: 'put';
  readonly key: string;
  readonly value: string;
}
type Change = Put | { readonly type: 'del'; readonly key: string };

interface Range {
  readonly gte: string;
  readonly lt: string;
}

export class SignerDisk {
  private readonly synced = new Map<string, string>();
  private unsynced: (readonly Change[])[] = [];

  /** What the store holds, as a process sees it. */
  read(): Map<string, string> {
    const content = new Map(this.synced);
    for (const changes of this.unsynced) apply(content, changes);
    return content;
  }

  write(changes: readonly Change[], sync: boolean): void {
    this.unsynced.push(changes);
    if (sync) this.keep(this.unsynced.length);
  }

  cutPower(random: Random): void {
    this.keep(random.below(this.unsynced.length + 1));
    this.unsynced = [];
  }

  /** Takes out all keys that begin with `prefix`, as a person with a shell can. */
  erase(prefix: string): void {
    for (const key of this.read().keys())
      if (key.startsWith(prefix)) this.write([{ type: 'del', key }], true);
  }

  private keep(count: number): void {
    for (const changes of this.unsynced.splice(0, count)) apply(this.synced, changes);
  }
}

function apply(content: Map<string, string>, changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.type === 'put') content.set(change.key, change.value);
    else content.delete(change.key);
  }
}

const FAULTS = ['fails before', 'fails after'] as const;
type DiskFault = (typeof FAULTS)[number];

/** The part of the store's interface that the signer uses. */
class SimulatedLevel {
  constructor(
    private readonly disk: SignerDisk,
    private readonly access: Access,
  ) {}

  async get(key: string): Promise<string | undefined> {
    return this.access.do(`get ${key}`, () => this.disk.read().get(key));
  }

  put(key: string, value: string, { sync = false } = {}): Promise<void> {
    return this.write(`put ${key}`, [{ type: 'put', key, value }], sync);
  }

  del(key: string, { sync = false } = {}): Promise<void> {
    return this.write(`del ${key}`, [{ type: 'del', key }], sync);
  }

  batch(changes: readonly Change[], { sync = false } = {}): Promise<void> {
    return this.write(`batch of ${changes.length}`, changes, sync);
  }

  async *iterator(range: Range): AsyncGenerator<[string, string]> {
    yield* await this.access.do(`iterate ${range.gte}`, () =>
      [...this.disk.read()].filter(([key]) => isIn(range, key)).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }

  clear(range: Range): Promise<void> {
    const keys = [...this.disk.read().keys()].filter(key => isIn(range, key));
    return this.write(
      `clear ${range.gte}`,
      keys.map(key => ({ type: 'del', key })),
      false,
    );
  }

  async close(): Promise<void> {
    await this.access.do('close', () => undefined);
  }

  private write(label: string, changes: readonly Change[], sync: boolean): Promise<void> {
    const work = (fault: DiskFault | undefined) => {
      if (fault !== 'fails before') this.disk.write(changes, sync);
      if (fault) throw new Error(`The scripted fault of the signer's disk: ${label} ${fault}.`);
    };
    return this.access.do(label, work, { kinds: FAULTS });
  }
}

function isIn({ gte, lt }: Range, key: string): boolean {
  return key >= gte && key < lt;
}

/** The store of a signer on a disk. */
export function signerStore(disk: SignerDisk, access: Access): ClassicLevel<string, string> {
  return new SimulatedLevel(disk, access) as unknown as ClassicLevel<string, string>;
}
