// The metadata store of the simulated repository: a disk that outlives processes, and what a power cut does to it (files.ts).

import { type FileEntry, type Files, FilesError, isSafeName } from '#files';
import type { Random } from '../fixtures/random.js';
import type { Access } from './access.js';

/** How many of the last writes a power cut may take back. */
const UNSYNCED_WRITES = 6;

interface Write {
  readonly name: string;
  readonly before: Uint8Array | undefined;
}

export class RepositoryDisk {
  readonly files = new Map<string, Uint8Array>();
  /** The files that a power cut has damaged and nobody has written since. */
  readonly damaged = new Set<string>();
  private writes: Write[] = [];

  /** `onWritten` is told of each file as clients see it from now on. */
  constructor(private readonly onWritten: (name: string, bytes: Uint8Array) => void) {}

  write(name: string, bytes: Uint8Array): void {
    this.writes = [...this.writes, { name, before: this.files.get(name) }].slice(-UNSYNCED_WRITES);
    this.files.set(name, bytes.slice());
    this.damaged.delete(name);
    this.onWritten(name, bytes);
  }

  /** Each of the last writes may be undone, or leave an empty or torn file. */
  cutPower(random: Random): void {
    for (const { name, before } of this.writes.reverse()) {
      const written = this.files.get(name);
      if (!written) continue;
      const left = random.pick([
        written,
        written,
        before,
        new Uint8Array(),
        written.slice(0, written.length >> 1),
      ]);
      if (left !== written) this.damaged.add(name);
      if (left) this.files.set(name, left);
      else this.files.delete(name);
    }
    this.writes = [];
  }
}

const WRITE_FAULTS = ['fails before', 'fails after'] as const;

/** The disk as one process reaches it. Files of one call are written in no order, as the port has it. */
export class SimulatedFiles implements Files {
  constructor(
    private readonly disk: RepositoryDisk,
    private readonly access: Access,
  ) {}

  async write(name: string, bytes: Uint8Array): Promise<void> {
    if (!isSafeName(name)) throw new FilesError('name-unsafe', `${name} is no name.`);
    const work = (fault: (typeof WRITE_FAULTS)[number] | undefined) => {
      if (fault !== 'fails before') this.disk.write(name, bytes);
      if (fault) throw new FilesError('file-unavailable', `Writing ${name} failed.`);
    };
    await this.access.do(`write ${name}`, work, { kinds: WRITE_FAULTS });
  }

  async writeAll(entries: readonly FileEntry[]): Promise<void> {
    const written = await Promise.allSettled(entries.map(({ name, bytes }) => this.write(name, bytes)));
    for (const each of written) if (each.status === 'rejected') throw each.reason;
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    const work = (fault: 'fails' | undefined) => {
      if (fault) throw new FilesError('file-unavailable', `Reading ${name} failed.`);
      return this.disk.files.get(name)?.slice();
    };
    return this.access.do(`read ${name}`, work, { kinds: ['fails'] as const });
  }

  async list(prefix: string): Promise<string[]> {
    const names = () => [...this.disk.files.keys()].filter(name => name.startsWith(prefix)).sort();
    return this.access.do('list files', names);
  }

  async remove(name: string): Promise<void> {
    await this.access.do(`remove ${name}`, () => void this.disk.files.delete(name));
  }
}
