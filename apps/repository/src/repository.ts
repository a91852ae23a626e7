// The repository service: writes the newest complete state to the metadata store, so that at no instant, killed anywhere, a
// client sees what does not verify.
//
// The order is what makes it so. Every file but the timestamp has its version in its name and never changes; nothing refers to
// it until something above it does. So leaf roles come first, then the roles that delegate to them, root, the snapshot, and
// timestamp.json last, each file whole or not at all. A crash in between leaves files that nobody asks for yet.

import type { DataSource } from 'typeorm';
import type { FileEntry, Files } from '#files';
import { type ServiceLog, type VersionSources, versionText, type Watermarks } from '#host';
import type { LedgerOpened } from '#ledger';
import type { CompleteState } from '#projection';
import {
  readNewestComplete,
  readNewestState,
  readVersion,
  readVersions,
  type StoredVersion,
  writeServed,
} from '#store';
import { BINS_ROLE, equalBytes, MAX_BINS, metadataFile, metadataFileName } from '#tuf';

/** Roles looked up, rendered and written at once; bounds memory at a re-issue of all bins. */
const ROLES_PER_WRITE = 512;
/** The bins and the roles above them. */
const MAX_ROLES = MAX_BINS + 2;
/** How long the service waits between looks when it is told of nothing, in milliseconds. */
const IDLE_MS = 1_000;
/** Pause after an error, in milliseconds. */
const RETRY_PAUSE_MS = 500;
/** Below every position. */
const NOTHING_WRITTEN = -1;

export interface RepositoryParts {
  readonly opened: LedgerOpened;
  readonly files: Files;
  readonly sources: VersionSources;
  /** The service's own schema, where it notes what it has written. */
  readonly own: DataSource;
  readonly watermarks: Watermarks;
  readonly report: ServiceLog;
}

export class Repository {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private written: CompleteState | undefined;

  constructor(private readonly parts: RepositoryParts) {}

  /** The state that is published now. */
  get published(): CompleteState | undefined {
    return this.written;
  }

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { watermarks, report } = this.parts;
    while (!this.stopping.signal.aborted) {
      try {
        const newest = await readNewestState(this.parts.sources.timestamp);
        if (newest && newest.state !== this.written?.state) await this.write(newest);
        else await watermarks.nextChange(this.stopping.signal, IDLE_MS);
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        report('warn', (error as Error).message, { retryInMs: RETRY_PAUSE_MS });
        await new Promise(resolve => setTimeout(resolve, RETRY_PAUSE_MS));
      }
    }
  }

  /** Writes what of a state changed since the last one that was written; at the first look after a start, all that is not there as it should be. */
  private async write(state: CompleteState): Promise<void> {
    const { root, targets } = this.parts.sources;
    const since = this.written?.position ?? NOTHING_WRITTEN;
    const isNew = (version: StoredVersion) => version.completed! > since;
    const changed = (await this.newest(targets, state.position)).filter(isNew);
    const leaves = changed.filter(({ role }) => role !== 'targets' && role !== BINS_ROLE);
    await this.writeVersions(leaves);
    await this.writeVersions(changed.filter(({ role }) => role === BINS_ROLE));
    await this.writeVersions(changed.filter(({ role }) => role === 'targets'));
    for (const { version } of (await this.newest(root, state.position)).filter(isNew)) {
      await this.writeTopLevel('root', version);
    }
    await this.writeTopLevel('snapshot', state.state);
    await this.writeTopLevel('timestamp', state.state);
    this.written = state;
    await writeServed(this.parts.own, state);
    this.parts.report('info', 'published', { state: state.state, position: state.cut, bins: leaves.length });
  }

  private newest(source: DataSource, position: number): Promise<StoredVersion[]> {
    return readNewestComplete(source, position, { after: '', limit: MAX_ROLES });
  }

  private async writeVersions(versions: readonly StoredVersion[]): Promise<void> {
    for (let i = 0; i < versions.length; i += ROLES_PER_WRITE) {
      const wanted = versions.slice(i, i + ROLES_PER_WRITE);
      await this.parts.files.writeAll(await this.missing(await Promise.all(await this.render(wanted))));
    }
  }

  /** After a start files may be there already, or be torn by a power cut: only those that differ are written. */
  private async missing(entries: readonly FileEntry[]): Promise<FileEntry[]> {
    if (this.written) return [...entries];
    const kept = await Promise.all(entries.map(({ name }) => this.parts.files.read(name)));
    return entries.filter(({ bytes }, i) => !kept[i] || !equalBytes(kept[i], bytes));
  }

  /** A text that was let go meanwhile, because a newer version is complete by now, is rendered from history. */
  private async render(wanted: readonly StoredVersion[]): Promise<Promise<FileEntry>[]> {
    const { sources, opened } = this.parts;
    const texts = new Map<string, string>();
    for (const { role, text } of await readVersions(sources.targets, wanted))
      if (text !== undefined) texts.set(role, text);
    return wanted.map(async ({ role, version, signatures }) => ({
      name: metadataFileName(role, version),
      bytes: metadataFile(
        texts.get(role) ?? (await versionText(sources, opened, role, version))!,
        signatures,
      ),
    }));
  }

  private async writeTopLevel(role: 'root' | 'snapshot' | 'timestamp', version: number): Promise<void> {
    const { sources, opened, files } = this.parts;
    const text = await versionText(sources, opened, role, version);
    const stored = await readVersion(sources[role], role, version);
    await files.write(metadataFileName(role, version), metadataFile(text!, stored!.signatures));
  }
}
