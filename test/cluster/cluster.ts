// A whole ledger as production runs it: a broker, a Postgres, and every service of docker-compose.yml in a process of its own.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type EmbeddedPostgres, LedgerFolder, startEmbeddedPostgres } from '#host';
import { type ComposedService, composedServices } from './compose.js';
import { freeNode, freePort, KafkaBroker } from './kafka-broker.js';
import { ServiceProcess } from './service-process.js';

/** How long a service may take until it is ready, in milliseconds: Node starts, Postgres makes schemas, the log is read. */
const READY_LIMIT_MS = 120_000;
/** What docker-compose.yml calls the broker and Postgres. */
const KAFKA_ADDRESS = 'kafka:9092';
const POSTGRES_ADDRESS = 'postgres:postgres@postgres:5432';

export interface ClusterOptions {
  /** Holds everything; made if missing. */
  readonly folder: string;
  /** Whether services listen where docker-compose.yml says, or on ports that are free. */
  readonly ports: 'composed' | 'free';
  /** Settings beside and instead of the composed ones, by service. */
  readonly settings?: (service: string) => Readonly<Record<string, string>>;
  /** More arguments for the opening, such as `--bins 16`. */
  readonly opening?: readonly string[];
}

export class Cluster {
  readonly services = new Map<string, ServiceProcess>();
  /** Where the keys, the token and `ledger.json` are. */
  readonly ledger: LedgerFolder;

  private constructor(
    private readonly options: ClusterOptions,
    readonly broker: KafkaBroker,
    readonly postgres: EmbeddedPostgres,
  ) {
    this.ledger = new LedgerFolder(this.volume('ledger'));
  }

  /** Starts everything; resolves when every service is ready. With an error all that was started is ended again. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    await mkdir(options.folder, { recursive: true });
    const postgres = await startEmbeddedPostgres({ dataFolder: options.folder, durable: true });
    const broker = await startBroker(options.folder).catch(async error => {
      await postgres.stop();
      throw error;
    });
    const cluster = new Cluster(options, broker, postgres);
    try {
      for (const service of composedServices()) await cluster.add(service);
      await cluster.ready();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  service(name: string): ServiceProcess {
    const found = this.services.get(name);
    if (!found) throw new Error(`docker-compose.yml has no service ${name}.`);
    return found;
  }

  /** Waits until all services are ready. */
  async ready(): Promise<void> {
    await Promise.all([...this.services.values()].map(service => service.ready(READY_LIMIT_MS)));
  }

  /** Stops the services, then what they stand on. */
  async stop(): Promise<void> {
    await Promise.all([...this.services.values()].map(service => service.end('SIGTERM')));
    await this.broker.stop();
    await this.postgres.stop();
  }

  /** Starts a service; one that only has to run once is waited for. */
  private async add(composed: ComposedService): Promise<void> {
    const service = new ServiceProcess({
      name: composed.name,
      command: await this.commandOf(composed),
      environment: await this.environmentOf(composed),
      output: join(this.options.folder, `${composed.name}.log`),
    });
    service.launch();
    if (composed.environment.PORT !== undefined) {
      this.services.set(composed.name, service);
      return;
    }
    if ((await service.ended()) !== 0)
      throw new Error(`${composed.name} failed: ${await service.lastWords()}`);
  }

  private async commandOf(composed: ComposedService): Promise<string[]> {
    const here = composed.command.map(argument => this.here(argument, composed));
    await Promise.all(
      Object.values(composed.volumes).map(name => mkdir(this.volume(name), { recursive: true })),
    );
    return composed.name === 'open' ? [...here, ...(this.options.opening ?? [])] : here;
  }

  private async environmentOf(composed: ComposedService): Promise<Record<string, string>> {
    const { ports, settings } = this.options;
    const here = Object.entries(composed.environment).map(([key, value]) => [
      key,
      this.here(value, composed),
    ]);
    const environment: Record<string, string> = { ...Object.fromEntries(here), HOST: '127.0.0.1' };
    if (environment.PORT !== undefined && ports === 'free') environment.PORT = String(await freePort());
    return { ...environment, ...settings?.(composed.name) };
  }

  /** What a setting is on this machine: other addresses, other folders. */
  private here(value: string, { volumes }: ComposedService): string {
    for (const [path, name] of Object.entries(volumes))
      if (value === path || value.startsWith(`${path}/`)) return this.volume(name) + value.slice(path.length);
    const { username, password, host } = new URL(this.postgres.url);
    return value
      .replace(KAFKA_ADDRESS, this.broker.address)
      .replace(POSTGRES_ADDRESS, `${username}:${password}@${host}`);
  }

  private volume(name: string): string {
    return join(this.options.folder, name);
  }
}

async function startBroker(folder: string): Promise<KafkaBroker> {
  return KafkaBroker.start({ folder: join(folder, 'kafka'), node: await freeNode() });
}
