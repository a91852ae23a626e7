import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PublishedRepository, servedPath } from './attack-stage.js';
import type { TargetInfo } from './client.js';
import { FileServer, type FileSource, firstOf, folder } from './file-server.js';
import { runPythonScript } from './toolchain.js';

export interface ReferenceOptions {
  readonly scheme?: 'succinct' | 'prefixes';
  /** 2^bits hash bins. */
  readonly bits?: number;
  readonly targets?: number;
  /** A role that is signed with a key that no one trusts. */
  readonly missigned?: 'root' | 'targets' | 'bins' | 'hash-bin' | 'snapshot' | 'timestamp';
}

/** A repository made by python-tuf alone, in three states, so that the clients are tried on something other than our own. */
export interface ReferenceRepository {
  readonly directory: string;
  /** Path of the target whose custom data every state changes. */
  readonly target: string;
  /** Per state its targets by path. */
  readonly states: readonly Readonly<Record<string, TargetInfo>>[];
}

/** Builds a reference repository into a folder that doesn't exist yet. */
export async function buildReferenceRepository(
  directory: string,
  options: ReferenceOptions = {},
): Promise<ReferenceRepository> {
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  await runPythonScript('make_repository.py', [directory, ...args]);
  const description = JSON.parse(await readFile(join(directory, 'repository.json'), 'utf8'));
  return { directory, ...description };
}

/** A server of a reference repository; it begins with the first state. */
export class ReferenceServer implements PublishedRepository {
  readonly root: string;
  readonly target: PublishedRepository['target'];
  readonly #repository: ReferenceRepository;
  readonly #published: FileSource[];
  readonly #metadata: FileServer;
  readonly #targets: FileServer;

  private constructor(
    repository: ReferenceRepository,
    bytes: Buffer,
    published: FileSource[],
    servers: { metadata: FileServer; targets: FileServer },
  ) {
    this.#repository = repository;
    this.#published = published;
    this.#metadata = servers.metadata;
    this.#targets = servers.targets;
    this.root = join(repository.directory, 'root.json');
    this.target = { path: repository.target, bytes };
  }

  static async open(repository: ReferenceRepository): Promise<ReferenceServer> {
    const published = [stateFolder(repository, 1)];
    const source = folder(join(repository.directory, 'targets'));
    const metadata = await FileServer.open(firstOf(published));
    const targets = await FileServer.open(source);
    const bytes = await source(
      servedPath(repository.target, repository.states[0]?.[repository.target]?.sha256 ?? ''),
    );
    if (bytes === null) throw new Error(`the repository has no file of ${repository.target}`);
    return new ReferenceServer(repository, bytes, published, { metadata, targets });
  }

  get metadataUrl(): string {
    return this.#metadata.url;
  }

  get targetUrl(): string {
    return this.#targets.url;
  }

  async publish(): Promise<void> {
    const next = this.#published.length + 1;
    if (next > this.#repository.states.length)
      throw new Error('the reference repository has no further state');
    this.#published.unshift(stateFolder(this.#repository, next));
  }

  async close(): Promise<void> {
    await this.#metadata.close();
    await this.#targets.close();
  }
}

function stateFolder(repository: ReferenceRepository, state: number): FileSource {
  return folder(join(repository.directory, `state-${state}`));
}
