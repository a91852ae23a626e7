// The repository service: writes the newest complete state to the metadata store, so that at no instant, killed anywhere, a
// client sees what does not verify.
//
// The order is what makes it so. Every file but the timestamp has its version in its name and never changes; nothing refers to
// it until something above it does. So leaf roles come first, then the roles that delegate to them, the snapshot, and timestamp.json
// last, each file whole or not at all. A crash in between leaves files that nobody asks for yet. A new root is asked for as soon as it
// is there, so it comes after the first state that was made under it: that one verifies under the root before it as well.

import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { FileEntry, Files } from '#files';
import {
  ChangeSignal,
  type ServiceLog,
  schemaName,
  sourceOfRole,
  storedTexts,
  type VersionSources,
  type Watermarks,
} from '#host';
import { isOfflineRole, type LedgerOpened } from '#ledger';
import type { CompleteState } from '#projection';
import {
  readNewestComplete,
  readNewestOf,
  readNewestState,
  readRows,
  readVersion,
  readVersions,
  readWatermark,
  type StoredVersion,
  StoreError,
  versionsTouched,
  writeServed,
} from '#store';
import { BINS_ROLE, fromUtf8, MAX_BINS, metadataFile, metadataFileName, signedPartOf } from '#tuf';

/** Roles looked up, rendered and written at once; bounds memory at a re-issue of all bins. */
const ROLES_PER_WRITE = 512;
/** The bins and the roles above them. */
const MAX_ROLES = MAX_BINS + 2;
/** Pause after an error, in milliseconds. */
const RETRY_PAUSE_MS = 500;

export interface RepositoryParts {
  readonly opened: LedgerOpened;
  readonly files: Files;
  readonly sources: VersionSources;
  /** The service's own schema, where it notes what it has written. */
  readonly own: DataSource;
  readonly watermarks: Watermarks;
  /** The prefix of the ledger's schemas. */
  readonly prefix: string;
  readonly report: ServiceLog;
}

interface RootVersion {
  readonly role: string;
  readonly version: number;
}

/** Before the first state of a ledger. */
const NOTHING_WRITTEN = { state: 0, position: -1 };

/** The files of a state that are not written yet. */
export interface StateFiles {
  /** The files are those of all versions that became complete after this position. */
  readonly since: number;
  /** What must be written after the leaf roles, in that order: roots, the timestamp, and roots that come after it. */
  readonly inOrder: readonly (readonly FileEntry[])[];
  /** How many roles changed, for the report. */
  readonly roles: number;
}

export class Repository {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private written: CompleteState | undefined;
  /** Whether no look has found a state, committed or served, but one that is expected. */
  private blank = false;
  /** The state that was noted as served. */
  private noted: number | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private readonly news = new ChangeSignal();
  private readonly watchers: (() => void)[] = [];
  /** The versions of `bins` and targets that a look has written. */
  private offlineWritten: ReadonlyMap<string, number> = new Map();
  /** A state that `take` will be asked to write: what was committed of it need not be read back. */
  private expected = 0;
  /** The position of projector-timestamp at the last look. */
  private looked: number | undefined;
  /** The state that was served when this service started: none below it is written, or clients would see a rollback. */
  private floor: number | undefined;

  constructor(private readonly parts: RepositoryParts) {}

  /** The state that is published now. */
  get published(): CompleteState | undefined {
    return this.written;
  }

  /** The state that was served when this service started, 0 for none; undefined before the first look. */
  get servedBefore(): number | undefined {
    return this.floor;
  }

  /** `published` is called whenever another state is published. */
  onPublished(published: () => void): void {
    this.watchers.push(published);
  }

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { prefix, watermarks, report } = this.parts;
    const schema = schemaName(prefix, 'timestamp');
    while (!this.stopping.signal.aborted) {
      // Read before the look: what is told during it must not wait for the next news.
      const position = watermarks.position(schema);
      try {
        if (position === this.looked) await watermarks.nextChange(this.stopping.signal);
        else await this.lookAt(position);
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        this.looked = undefined;
        report('warn', (error as Error).message, { retryInMs: RETRY_PAUSE_MS });
        await new Promise(resolve => setTimeout(resolve, RETRY_PAUSE_MS));
      }
    }
  }

  /** A look that fails, or during which a state was missed, is made again. */
  private async lookAt(position: number): Promise<void> {
    this.looked = position;
    await this.look();
  }

  /** The files of this state are at hand, and `take` or `missed` follows. */
  expect(state: number): void {
    this.expected = state;
  }

  /** What was expected could not be taken. */
  missed(): void {
    this.expected = 0;
    this.looked = undefined;
  }

  /** Writes the newest complete state that the projections have committed, if it is not written yet or about to be. */
  look(): Promise<void> {
    return this.alone(async () => {
      const newest = await readNewestState(this.parts.sources.timestamp);
      this.floor ??= await this.servedVersion();
      // Also while this service runs: Postgres may lose what it did not flush, and then it is folded again.
      const lowest = this.written ? this.written.state + 1 : this.floor;
      const isExpected = newest !== undefined && newest.state === this.expected;
      if (newest && newest.state >= lowest && !isExpected) {
        await this.requireFolded(newest);
        await this.publish(newest, await this.write(newest));
      }
      this.blank = this.floor === 0 && (!newest || (this.blank && isExpected));
      // Postgres may have been away when it was written.
      await this.note();
    });
  }

  /**
   * Writes a state whose files are at hand, all of those that became complete after the position `since`; gives false where it
   * is not the next to be written, or the one written before does not reach so far.
   */
  take(state: CompleteState, files: StateFiles): Promise<boolean> {
    return this.alone(async () => {
      const written = this.written ?? (this.blank ? NOTHING_WRITTEN : undefined);
      if (!written || written.position < files.since || state.state <= written.state) return false;
      for (const entries of files.inOrder) await this.parts.files.writeAll(entries);
      await this.publish(state, files.roles);
      return true;
    });
  }

  /** Writes files that no state refers to yet: nobody asks for them before one does. */
  async writeAhead(entries: readonly FileEntry[]): Promise<void> {
    await this.parts.files.writeAll(entries);
  }

  /** Resolves when a state that a record at `position` or a later one completed is written. */
  async served(position: number, signal: AbortSignal): Promise<void> {
    while (!this.written || this.written.position < position) {
      signal.throwIfAborted();
      await this.news.next(signal);
    }
  }

  /** One state is written at a time, whoever brings it. */
  private async alone<T>(work: () => Promise<T>): Promise<T> {
    const before = this.turn;
    const mine = before.then(work);
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  /** A projection that was dropped, or cut short by a crash of Postgres, is behind the state that the timestamp's tells of. */
  private async requireFolded({ state, position }: CompleteState): Promise<void> {
    const { root, targets, snapshot } = this.parts.sources;
    const folded = Math.min(...(await Promise.all([root, targets, snapshot].map(readWatermark))));
    if (folded <= position) throw behind(`A projection stands at position ${folded}, below state ${state}`);
  }

  /** While projections are folded anew their newest complete state is one of the past, older than what clients have seen. */
  private async servedVersion(): Promise<number> {
    const bytes = await this.parts.files.read(metadataFileName('timestamp', 0));
    const version = bytes ? timestampVersion(bytes) : 0;
    if (version > 0) this.parts.report('info', 'served so far; nothing older is written', { state: version });
    return version;
  }

  private async publish(state: CompleteState, roles: number): Promise<void> {
    this.written = state;
    this.news.tell();
    for (const published of this.watchers) published();
    this.parts.report('info', 'published', { state: state.state, position: state.cut, roles });
    await this.note();
  }

  /** Notes what is served for those who wait for it in other processes. */
  private async note(): Promise<void> {
    if (!this.written || this.noted === this.written.state) return;
    await writeServed(this.parts.own, this.written);
    this.noted = this.written.state;
  }

  /**
   * Writes what of a state changed since the last one that was written; at the first look after a start, all that is not there
   * as it should be. Gives how many roles changed.
   */
  private async write(state: CompleteState): Promise<number> {
    const { targets } = this.parts.sources;
    const changed = await this.completed(targets, state.position);
    const bins = changed.filter(({ role }) => !isOfflineRole(role));
    const offline = await this.offlineRoles(state);
    await this.writeVersions(bins);
    for (const version of offline) await this.writeVersions([version]);
    const { sources } = this.parts;
    // Clients that know only the older root can verify the state too, unless a root took keys away (StateKeys).
    const { before, after } = this.rootsAround(state);
    const last = [
      ...before,
      { role: 'snapshot', version: state.state },
      { role: 'timestamp', version: state.state },
      ...after,
    ];
    const stored = await Promise.all(
      last.map(({ role, version }) => readVersion(sourceOfRole(sources, role), role, version)),
    );
    for (const [i, { role, version }] of last.entries()) {
      if (stored[i]?.completed === undefined) throw behind(`${role} ${version} is not complete`);
      await this.writeFile(stored[i]);
    }
    this.offlineWritten = new Map([
      ...this.offlineWritten,
      ...offline.map(({ role, version }) => [role, version] as const),
    ]);
    return bins.length + offline.length;
  }

  /**
   * `bins` and targets as the state lists them, which is as of its cut, without those that were written before. One that became
   * complete since is another state's.
   */
  private async offlineRoles({ cut }: CompleteState): Promise<StoredVersion[]> {
    const listed = await readNewestOf(this.parts.sources.targets, [BINS_ROLE, 'targets'], cut);
    return listed.filter(({ role, version }) => this.offlineWritten.get(role) !== version);
  }

  /** The roles' newest versions as of a position, without those that were written with the state before. */
  private async completed(source: DataSource, position: number): Promise<StoredVersion[]> {
    if (!this.written) return readNewestComplete(source, position, { after: '', limit: MAX_ROLES });
    const since = this.written.position + 1;
    const touched = await readRows(source, versionsTouched(since, position));
    const completed = touched.filter(({ completed = 0 }) => completed >= since && completed <= position);
    return [...new Map(completed.map(version => [version.role, version])).values()];
  }

  /**
   * Every root up to the one that the state was made under that was not written with a state before: clients ask for one after the
   * other. Those that must be there before the state, and the others.
   */
  private rootsAround({ root, rootsBefore }: CompleteState): { before: RootVersion[]; after: RootVersion[] } {
    const first = (this.written?.root ?? 0) + 1;
    const roots = Array.from({ length: Math.max(0, root - first + 1) }, (_, i) => first + i);
    const versions = roots.map(version => ({ role: 'root', version }));
    return {
      before: versions.filter(({ version }) => version <= rootsBefore),
      after: versions.filter(({ version }) => version > rootsBefore),
    };
  }

  private async writeVersions(versions: readonly StoredVersion[]): Promise<void> {
    for (let i = 0; i < versions.length; i += ROLES_PER_WRITE) {
      const some = versions.slice(i, i + ROLES_PER_WRITE);
      const wanted = this.written ? some : await this.damaged(some);
      if (wanted.length > 0) await this.parts.files.writeAll(await this.filesOf(wanted));
    }
  }

  /** After a start files may be there already, or be torn by a power cut: only what is not as it was signed is written. */
  private async damaged(versions: readonly StoredVersion[]): Promise<StoredVersion[]> {
    const kept = await Promise.all(
      versions.map(({ role, version }) => this.parts.files.read(metadataFileName(role, version))),
    );
    return versions.filter((stored, i) => !kept[i] || !isFileOf(stored, kept[i]));
  }

  /** The files of versions that targets' projection holds; a text that was not kept is rendered from history. */
  private async filesOf(wanted: readonly StoredVersion[]): Promise<FileEntry[]> {
    const { sources, opened } = this.parts;
    const stored = await readVersions(sources.targets, wanted);
    if (stored.length < wanted.length || stored.some(({ completed }) => completed === undefined))
      throw behind('Versions that were complete are not');
    const texts = await storedTexts(sources, opened, stored);
    return stored.map(({ role, version, signatures }, i) => ({
      name: metadataFileName(role, version),
      bytes: metadataFile(texts[i]!, signatures),
    }));
  }

  private async writeFile(stored: StoredVersion): Promise<void> {
    const { sources, opened, files } = this.parts;
    if (!this.written && (await this.damaged([stored])).length === 0) return;
    const [text] = await storedTexts(sources, opened, [stored]);
    await files.write(metadataFileName(stored.role, stored.version), metadataFile(text!, stored.signatures));
  }
}

function behind(what: string): StoreError {
  return new StoreError('projection-conflict', `${what}; nothing is written until it is folded again.`);
}

/** Whether a file holds a version as it was signed: that is told by its hash, and need not be rendered. */
function isFileOf({ sha256, signatures }: StoredVersion, bytes: Uint8Array): boolean {
  const signed = signedPartOf(bytes, signatures);
  return signed !== undefined && createHash('sha256').update(signed).digest('hex') === sha256;
}

/** The version in a timestamp file; 0 where it is torn or no timestamp, and then holds nobody back. */
function timestampVersion(bytes: Uint8Array): number {
  try {
    const { version } = JSON.parse(fromUtf8(bytes)).signed;
    return Number.isSafeInteger(version) ? version : 0;
  } catch {
    return 0;
  }
}
