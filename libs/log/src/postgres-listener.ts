import { Client, type Pool } from 'pg';

/**
 * Tells when Postgres notifies of an append. On a connection of its own, beside the pool. While it can't listen it is
 * silent: readers then depend on looking from time to time.
 */
export class PostgresListener {
  readonly #pool: Pool;
  readonly #channel: string;
  readonly #heard: (end: number | undefined) => void;
  #client: Client | undefined;
  #listening = false;

  /** `heard` is told the end of the log after an append, or undefined where there may have been any. */
  constructor(pool: Pool, channel: string, heard: (end: number | undefined) => void) {
    this.#pool = pool;
    this.#channel = channel;
    this.#heard = heard;
  }

  /** Whether it is told of every append from now on. */
  get isListening(): boolean {
    return this.#listening;
  }

  /** Begins to listen unless it does so already. Never fails; called again, it tries again. */
  start(): void {
    if (this.#client !== undefined) return;
    const client = new Client(this.#pool.options);
    this.#client = client;
    client.on('notification', ({ payload }) => this.#heard(payload ? Number(payload) : undefined));
    client.on('error', () => this.#drop(client));
    client.on('end', () => this.#drop(client));
    this.#listen(client).catch(() => this.#drop(client));
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#listening = false;
    await client?.end();
  }

  async #listen(client: Client): Promise<void> {
    await client.connect();
    await client.query(`listen "${this.#channel}"`);
    if (this.#client !== client) return;
    this.#listening = true;
    // What was appended between the last look and now has notified nobody.
    this.#heard(undefined);
  }

  #drop(client: Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#listening = false;
    client.end().catch(() => {});
  }
}
