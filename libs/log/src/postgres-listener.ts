import { Client, type Pool } from 'pg';
import type { TailSignal } from './waiting-read.js';

/**
 * Wakes the readers at the tail when Postgres notifies of an append. On a connection of its own, beside the pool.
 * While it can't listen it is silent: readers then depend on looking from time to time.
 */
export class PostgresListener {
  readonly #pool: Pool;
  readonly #channel: string;
  readonly #tail: TailSignal;
  #client: Client | undefined;

  constructor(pool: Pool, channel: string, tail: TailSignal) {
    this.#pool = pool;
    this.#channel = channel;
    this.#tail = tail;
  }

  /** Begins to listen unless it does so already. Never fails; called again, it tries again. */
  start(): void {
    if (this.#client !== undefined) return;
    const client = new Client(this.#pool.options);
    this.#client = client;
    client.on('notification', () => this.#tail.wake());
    client.on('error', () => this.#drop(client));
    client.on('end', () => this.#drop(client));
    this.#listen(client).catch(() => this.#drop(client));
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }

  async #listen(client: Client): Promise<void> {
    await client.connect();
    await client.query(`listen "${this.#channel}"`);
    // What was appended between the last look and now has notified nobody.
    this.#tail.wake();
  }

  #drop(client: Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    client.end().catch(() => {});
  }
}
