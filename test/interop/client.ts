/**
 * A real TUF client as a child process: python-tuf's ngclient or go-tuf's updater. The protocol is in python/client.py.
 */
import { JsonLinesProcess, ProcessFailure } from './json-lines-process.js';
import { type ClientKind, clientCommand } from './toolchain.js';

/** Paths in one bulk look-up; more go in several. Keeps answers far below the longest line, and the longest wait on a busy machine. */
const BATCH_PATHS = 250;

export interface ClientOptions {
  readonly metadataUrl: string;
  /** Target files are fetched as `<targetUrl>/<dir>/<sha256>.<name>`. */
  readonly targetUrl: string;
  /** The client's own folder, with its trusted metadata; made where it is missing. */
  readonly directory: string;
  /** File with the root that the client trusts at first. */
  readonly root: string;
  /** The client's time; the machine's clock where it is left out. */
  readonly now?: Date;
}

/** Versions that the client trusts after a refresh. */
export interface TrustedVersions {
  readonly root: number;
  readonly timestamp: number;
  readonly snapshot: number;
  readonly targets: number;
}

/** A target as the metadata has it. */
export interface TargetInfo {
  readonly length: number;
  readonly sha256: string;
  /** null where the target has none. */
  readonly custom: unknown;
}

/** The bytes that were fetched and verified. */
interface DownloadedTarget {
  readonly length: number;
  readonly sha256: string;
}

/** What a TUF client does. Every method rejects with ClientRefusal or, when the process is at fault, ProcessFailure. */
export interface InteropClient {
  readonly kind: ClientKind;
  /** TUF 5.3 to 5.6 from the trusted metadata in the client's folder. */
  refresh(): Promise<TrustedVersions>;
  /** Looks up in what was last refreshed, and refreshes first after a clock(), a refusal or a start. null: no such target. */
  lookup(path: string): Promise<TargetInfo | null>;
  /** Many look-ups, answered in the order of paths; the first refusal rejects all. */
  lookups(paths: readonly string[]): Promise<(TargetInfo | null)[]>;
  /** Fetches and verifies a target file. null: no such target. */
  download(path: string): Promise<DownloadedTarget | null>;
  /** Sets the client's time from now on; null is the machine's clock. */
  clock(at: Date | null): Promise<void>;
  close(): Promise<void>;
}

/** The client's verdict: it does not accept what it was served. */
export class ClientRefusal extends Error {
  override readonly name = 'ClientRefusal';
  readonly kind: ClientKind;
  /** Python's exception class or Go's error type. */
  readonly errorClass: string;
  /** The error without its language: both clients' ExpiredMetadataError and *metadata.ErrExpiredMetadata are ExpiredMetadata. */
  readonly reason: string;

  constructor(kind: ClientKind, errorClass: string, message: string) {
    super(`${kind} client: ${errorClass}: ${message}`);
    this.kind = kind;
    this.errorClass = errorClass;
    this.reason = errorClass
      .replace(/^.*\./, '')
      .replace(/^Err(?=[A-Z])/, '')
      .replace(/(?<=.)Error$/, '');
  }
}

/** Starts a client; installs or builds it first where it isn't yet. */
export async function startClient(kind: ClientKind, options: ClientOptions): Promise<InteropClient> {
  const { file, args } = await clientCommand(kind);
  const own = ['--metadata-url', options.metadataUrl, '--target-url', options.targetUrl];
  own.push('--dir', options.directory, '--root', options.root);
  if (options.now !== undefined) own.push('--now', options.now.toISOString());
  return new ProcessClient(
    kind,
    new JsonLinesProcess(`the ${kind} client`, { file, args: [...args, ...own] }),
  );
}

type Answer = Readonly<Record<string, unknown>>;

class ProcessClient implements InteropClient {
  readonly kind: ClientKind;
  readonly #process: JsonLinesProcess;

  constructor(kind: ClientKind, process: JsonLinesProcess) {
    this.kind = kind;
    this.#process = process;
  }

  async refresh(): Promise<TrustedVersions> {
    const { versions } = await this.#ask({ op: 'refresh' });
    return versions as TrustedVersions;
  }

  async lookup(path: string): Promise<TargetInfo | null> {
    const answer = await this.#ask({ op: 'lookup', path });
    return answer.missing === true ? null : targetInfo(answer);
  }

  async lookups(paths: readonly string[]): Promise<(TargetInfo | null)[]> {
    const found: (TargetInfo | null)[] = [];
    for (let start = 0; start < paths.length; start += BATCH_PATHS) {
      const batch = paths.slice(start, start + BATCH_PATHS);
      const { targets } = await this.#ask({ op: 'lookups', paths: batch });
      if (!Array.isArray(targets) || targets.length !== batch.length) throw broken({ targets });
      for (const target of targets) found.push(target === null ? null : targetInfo(target));
    }
    return found;
  }

  async download(path: string): Promise<DownloadedTarget | null> {
    const answer = await this.#ask({ op: 'download', path });
    return answer.missing === true ? null : fileInfo(answer);
  }

  async clock(at: Date | null): Promise<void> {
    await this.#ask({ op: 'clock', at: at === null ? null : at.toISOString() });
  }

  close(): Promise<void> {
    return this.#process.close();
  }

  async #ask(command: object): Promise<Answer> {
    const answer = (await this.#process.exchange(command)) as Answer | null;
    if (answer?.ok === true) return answer;
    if (answer?.ok !== false) throw broken(answer);
    throw new ClientRefusal(this.kind, String(answer.error), String(answer.message));
  }
}

function targetInfo(answer: Answer): TargetInfo {
  return { ...fileInfo(answer), custom: answer.custom };
}

function fileInfo({ length, sha256, ...rest }: Answer): DownloadedTarget {
  if (typeof length !== 'number' || typeof sha256 !== 'string') throw broken({ length, sha256, ...rest });
  return { length, sha256 };
}

function broken(answer: unknown): ProcessFailure {
  return new ProcessFailure(
    `the client's answer is not one of its protocol: ${JSON.stringify(answer)?.slice(0, 200)}`,
  );
}
