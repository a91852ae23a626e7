import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ClientRefusal, type InteropClient, startClient, type TrustedVersions } from './client.js';
import { FileServer, files } from './file-server.js';
import type { MirrorProxy } from './mirror-proxy.js';
import type { ClientKind } from './toolchain.js';

/** A running TUF repository with consistent snapshots. */
export interface PublishedRepository {
  readonly metadataUrl: string;
  /** File with the root that clients trust at first. */
  readonly root: string;
  readonly target: {
    readonly path: string;
    /** The target's content. The repository need not serve target files. */
    readonly bytes: Buffer;
  };
  /**
   * Publishes one more state and resolves when it is served. The state must bring another version of the role that lists
   * the target, and must leave the target's content as it is: a yank, say. Nothing else publishes while an attack is
   * tried. An attack calls this twice at most.
   */
  publish(): Promise<void>;
}

export type OpenMirror = (upstream: string) => Promise<MirrorProxy>;

/** Clients that reach a repository through mirrors, which can be told to misbehave. */
export class AttackStage {
  readonly repository: PublishedRepository;
  /** Stands before the repository's metadata. */
  readonly metadata: MirrorProxy;
  /** Stands before a server of the target's file. */
  readonly targets: MirrorProxy;
  readonly #kind: ClientKind;
  /** What must be undone, the last first. */
  readonly #undo: (() => Promise<unknown>)[] = [];

  private constructor(
    kind: ClientKind,
    repository: PublishedRepository,
    mirrors: [MirrorProxy, MirrorProxy],
  ) {
    this.#kind = kind;
    this.repository = repository;
    [this.metadata, this.targets] = mirrors;
  }

  static async open(
    kind: ClientKind,
    repository: PublishedRepository,
    openMirror: OpenMirror,
  ): Promise<AttackStage> {
    const { path, bytes } = repository.target;
    const targetFiles = await FileServer.open(files(new Map([[servedPath(path, sha256(bytes)), bytes]])));
    const mirrors = [await openMirror(repository.metadataUrl), await openMirror(targetFiles.url)] as const;
    const stage = new AttackStage(kind, repository, [...mirrors]);
    stage.#undo.push(() => targetFiles.close(), ...mirrors.map(mirror => () => mirror.close()));
    return stage;
  }

  /** Path of the target's file at the targets mirror. */
  get targetFile(): string {
    const { path, bytes } = this.repository.target;
    return servedPath(path, sha256(bytes));
  }

  /** A client that has seen nothing but the first root. */
  async newClient(): Promise<InteropClient> {
    const directory = await mkdtemp(join(tmpdir(), 'tuf-client-'));
    this.#undo.push(() => rm(directory, { recursive: true, force: true }));
    const { root } = this.repository;
    const urls = { metadataUrl: this.metadata.url, targetUrl: this.targets.url };
    const client = await startClient(this.#kind, { ...urls, directory, root });
    this.#undo.push(() => client.close());
    return client;
  }

  /** Fails unless the client refreshes, finds the target and gets its very bytes. Gives the versions it then trusts. */
  async accepts(client: InteropClient): Promise<TrustedVersions> {
    const { path, bytes } = this.repository.target;
    const versions = await client.refresh();
    expect(await client.download(path)).toEqual({ length: bytes.length, sha256: sha256(bytes) });
    return versions;
  }

  /** Fails unless the client refuses to refresh, or to give the target, for one of these reasons. */
  async refuses(client: InteropClient, reasons: readonly string[]): Promise<void> {
    const refusal = await client
      .refresh()
      .then(() => client.download(this.repository.target.path))
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(refusal, 'the client must refuse').toBeInstanceOf(ClientRefusal);
    expect(reasons, String(refusal)).toContain((refusal as ClientRefusal).reason);
  }

  /** Both mirrors are honest from here on. */
  behave(): void {
    this.metadata.behave();
    this.targets.behave();
  }

  async close(): Promise<void> {
    for (const undo of this.#undo.reverse()) await undo();
  }
}

/** Where a consistent repository serves a target's file (TUF 6.2): `dir/HASH.name`. */
export function servedPath(path: string, hash: string): string {
  return path.replace(/[^/]*$/, name => `${hash}.${name}`);
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
