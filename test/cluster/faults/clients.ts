// Clients that poll the repository all the time. They fetch from a web server of its own over the folder, as mirrors do: what they
// see does not depend on which process lives.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { SeenRepository } from '../../fixtures/verify-repository.js';
import { type InteropClient, startClient } from '../../interop/client.js';
import { FileServer, folder as folderSource } from '../../interop/file-server.js';
import { seenThrough } from '../cluster-client.js';

const PAUSE_MS = 20;

/** What one client was shown. */
export class Sightings {
  readonly states = new Set<number>();
  polls = 0;
  /** What did not verify, or went back. */
  readonly invalid: string[] = [];
  private last = new Map<string, number>();

  /** `versions` by role; none may be lower than before. */
  note(state: number, versions: ReadonlyMap<string, number>): void {
    this.polls++;
    this.states.add(state);
    for (const [role, version] of versions) {
      const before = this.last.get(role) ?? 0;
      if (version < before) this.invalid.push(`${role} went back from version ${before} to ${version}`);
    }
    this.last = new Map(versions);
  }

  fail(error: Error): void {
    this.polls++;
    this.invalid.push(error.message);
  }
}

export class Clients {
  /** python-tuf, and our own strict reading of every file of the state. */
  readonly python = new Sightings();
  readonly own = new Sightings();

  private constructor(
    private readonly repository: string,
    private readonly server: FileServer,
    private readonly client: InteropClient,
  ) {}

  /** Clients of the repository in a folder, which trust its root 1; `scratch` is theirs. */
  static async open(repository: string, scratch: string): Promise<Clients> {
    const server = await FileServer.open(folderSource(repository));
    await mkdir(scratch, { recursive: true });
    const root = join(scratch, 'shipped-root.json');
    await writeFile(root, await readFile(join(repository, '1.root.json')));
    const directory = join(scratch, 'python');
    const client = await startClient('python', {
      metadataUrl: server.url,
      targetUrl: server.url,
      root,
      directory,
    });
    return new Clients(repository, server, client);
  }

  async run(over: () => boolean): Promise<void> {
    await Promise.all([this.pollPython(over), this.pollOwn(over)]);
  }

  /** What our own client is shown now. @throws Error where it does not verify. */
  seen(): Promise<SeenRepository> {
    return seenThrough(async name => {
      const bytes = await readFile(join(this.repository, name)).catch(() => undefined);
      return bytes && new Uint8Array(bytes);
    });
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.server.close();
  }

  private async pollPython(over: () => boolean): Promise<void> {
    while (!over()) {
      try {
        const { root, timestamp, snapshot, targets } = await this.client.refresh();
        const versions = new Map(Object.entries({ root, timestamp, snapshot, targets }));
        this.python.note(snapshot, versions);
      } catch (error) {
        this.python.fail(error as Error);
      }
      await wait(PAUSE_MS);
    }
  }

  private async pollOwn(over: () => boolean): Promise<void> {
    while (!over()) {
      try {
        const { timestamp, versions } = await this.seen();
        this.own.note(timestamp, new Map([...versions, ['timestamp', timestamp]]));
      } catch (error) {
        this.own.fail(error as Error);
      }
      await wait(PAUSE_MS);
    }
  }
}
