import { FileServer } from './file-server.js';

/** What a mirror makes of an honest answer; null is a 404. */
type Tampering = (honest: Buffer | null) => Buffer | null;

/** Paths that a mirror remembers as fetched. */
const MAX_FETCHED = 100_000;

/**
 * A mirror between clients and a server. It passes everything on as it is until it is told to tamper with a path; the
 * untrusted mirror of TUF 1.5.2. Paths are relative to the upstream URL and have no leading slash.
 */
export class MirrorProxy {
  readonly #upstream: string;
  readonly #tamperings = new Map<string, Tampering>();
  readonly #fetched: string[] = [];
  #server: FileServer | undefined;

  protected constructor(upstream: string) {
    this.#upstream = upstream.replace(/\/$/, '');
  }

  static open(upstream: string): Promise<MirrorProxy> {
    return new MirrorProxy(upstream).listen();
  }

  /** Without a slash at its end. */
  get url(): string {
    if (this.#server === undefined) throw new Error('the mirror is not open');
    return this.#server.url;
  }

  /** The paths that clients have fetched and got, in order, since forgetFetched(). */
  get fetched(): readonly string[] {
    return this.#fetched;
  }

  forgetFetched(): void {
    this.#fetched.length = 0;
  }

  /** What the server has at the path; null where it has none. */
  async upstream(path: string): Promise<Buffer | null> {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    const response = await fetch(`${this.#upstream}/${encoded}`, {
      headers: { 'accept-encoding': 'identity' },
    });
    const body = Buffer.from(await response.arrayBuffer());
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(`${this.#upstream}/${encoded} answered ${response.status}`);
    return body;
  }

  /** As upstream(), for a path that must be there. */
  async original(path: string): Promise<Buffer> {
    const bytes = await this.upstream(path);
    if (bytes === null) throw new Error(`there is no ${path} at ${this.#upstream}`);
    return bytes;
  }

  /** Serves the path's bytes changed; a path that the server lacks stays missing. */
  rewrite(path: string, change: (honest: Buffer) => Buffer): void {
    this.tamper(path, honest => (honest === null ? null : change(honest)));
  }

  /** Serves these bytes at the path, whatever the server has there. */
  replace(path: string, bytes: Buffer): void {
    this.tamper(path, () => bytes);
  }

  /** Cuts the path's bytes in half. */
  truncate(path: string): void {
    this.rewrite(path, honest => honest.subarray(0, Math.floor(honest.length / 2)));
  }

  /** Answers 404 at the path. */
  withhold(path: string): void {
    this.tamper(path, () => null);
  }

  /** Ends all tampering. */
  behave(): void {
    this.#tamperings.clear();
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  protected async listen(): Promise<this> {
    this.#server = await FileServer.open(path => this.#answer(path));
    return this;
  }

  protected tamper(path: string, tampering: Tampering): void {
    this.#tamperings.set(path, tampering);
  }

  async #answer(path: string): Promise<Buffer | null> {
    const tampering = this.#tamperings.get(path);
    const honest = await this.upstream(path);
    const bytes = tampering === undefined ? honest : tampering(honest);
    if (bytes !== null && this.#fetched.length < MAX_FETCHED) this.#fetched.push(path);
    return bytes;
  }
}
