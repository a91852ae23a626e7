// The cluster's Postgres, which can be killed and started again on the same port.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#host';

export class PostgresServer {
  private constructor(
    private readonly folder: string,
    private running: EmbeddedPostgres,
  ) {}

  static async start(folder: string): Promise<PostgresServer> {
    return new PostgresServer(folder, await startEmbeddedPostgres({ dataFolder: folder, durable: true }));
  }

  /** Its URL by TCP. */
  get url(): string {
    return `postgres://${this.login}@${this.address}/postgres`;
  }

  /** User and password, as a URL has them. */
  get login(): string {
    const { username, password } = new URL(this.running.url);
    return `${username}:${password}`;
  }

  get address(): string {
    return new URL(this.running.url).host;
  }

  get port(): number {
    return Number(new URL(this.running.url).port);
  }

  /** Ends it as a power cut does, but that the disk keeps what the system had taken. */
  async kill(): Promise<void> {
    const [pid] = (await readFile(join(this.folder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGKILL');
    await this.running.ended;
    // Gives the folder free.
    await this.running.stop();
  }

  async restart(): Promise<void> {
    this.running = await startEmbeddedPostgres({ dataFolder: this.folder, port: this.port, durable: true });
  }

  stop(): Promise<void> {
    return this.running.stop();
  }
}
