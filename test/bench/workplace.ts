// Where a run of the bench works: a folder of its own for everything that it writes, on the disk of the system's temporary
// folder, and what has to be ended when the run ends or is interrupted. A folder is used once and removed at the very end: file
// systems make files tenfold slower in folders from which tens of thousands were just deleted.

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Workplace {
  private readonly ends = new Set<() => Promise<void>>();
  private readonly interruption = new AbortController();
  private folders = 0;
  private closing: Promise<void> | undefined;

  private constructor(readonly path: string) {}

  static async open(): Promise<Workplace> {
    return new Workplace(await mkdtemp(join(tmpdir(), 'tuf-ledger-bench-')));
  }

  /** Aborted when the workplace is closed. */
  get signal(): AbortSignal {
    return this.interruption.signal;
  }

  /** A new, empty folder. */
  async folder(name: string): Promise<string> {
    const path = join(this.path, `${++this.folders}-${name}`);
    await mkdir(path);
    return path;
  }

  /** Has `end` called when the workplace is closed. The function that is given back calls it now instead. */
  atEnd(end: () => Promise<void>): () => Promise<void> {
    const once = async () => {
      if (this.ends.delete(once)) await end();
    };
    this.ends.add(once);
    return once;
  }

  /** Ends everything, the youngest first, and removes the folder. Calling it twice is no error. */
  close(): Promise<void> {
    this.closing ??= this.endAll();
    return this.closing;
  }

  private async endAll(): Promise<void> {
    this.interruption.abort();
    for (const end of [...this.ends].reverse()) await end().catch(() => undefined);
    await rm(this.path, { recursive: true, force: true, maxRetries: 3 });
  }
}
