// A whole ledger as production runs it: a broker, a Postgres, and every service of docker-compose.yml in a process of its own.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LedgerFolder } from '#host';
import { freePort } from '../fixtures/free-port.js';
import { type ComposedService, composedServices } from './compose.js';
import type { KafkaBroker } from './kafka-broker.js';
import { KafkaBrokers } from './kafka-brokers.js';
import { Links } from './links.js';
import { PostgresServer } from './postgres-server.js';
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
  /** Services beside the composed ones. */
  readonly more?: readonly AddedService[];
  /** Stands on this cluster's broker and Postgres, which must outlive it; its settings must name another topic and other schemas. */
  readonly beside?: Cluster;
  /** More arguments for the opening, such as `--bins 16`. */
  readonly opening?: readonly string[];
  /** How many brokers there are: one, which is what is composed, or three, which replicate. */
  readonly brokers?: 1 | 3;
  /** Whether each service has a way of its own to the broker and to Postgres, which can be cut. */
  readonly links?: boolean;
  /** Whether a service that has failed or was killed is started again, as docker-compose.yml does. */
  readonly restarts?: boolean;
}

/** One more service that is like a composed one, but for its name and these settings. */
export interface AddedService {
  readonly name: string;
  readonly like: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** What the services stand on. */
interface Ground {
  readonly brokers: KafkaBrokers;
  readonly postgres: PostgresServer;
  readonly links: Links | undefined;
}

export class Cluster {
  readonly services = new Map<string, ServiceProcess>();
  /** Where the keys, the token and `ledger.json` are. */
  readonly ledger: LedgerFolder;

  private constructor(
    private readonly options: ClusterOptions,
    private readonly ground: Ground,
  ) {
    this.ledger = new LedgerFolder(this.volume('ledger'));
  }

  /** Starts everything; resolves when every service is ready. With an error all that was started is ended again. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options, options.beside?.ground ?? (await startGround(options)));
    try {
      for (const service of servicesOf(options)) await cluster.add(service);
      await cluster.ready();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  get brokers(): KafkaBrokers {
    return this.ground.brokers;
  }

  /** The only broker, where there is one. */
  get broker(): KafkaBroker {
    return this.brokers.first;
  }

  get postgres(): PostgresServer {
    return this.ground.postgres;
  }

  /** The ways between a service and the broker or Postgres. */
  get links(): Links {
    if (!this.ground.links) throw new Error('This cluster was started without links.');
    return this.ground.links;
  }

  service(name: string): ServiceProcess {
    const found = this.services.get(name);
    if (!found) throw new Error(`docker-compose.yml has no service ${name}, and none was added.`);
    return found;
  }

  /** Waits until all services are ready. */
  async ready(): Promise<void> {
    await Promise.all([...this.services.values()].map(service => service.ready(READY_LIMIT_MS)));
  }

  /** Stops the services, then what they stand on. */
  async stop(): Promise<void> {
    await Promise.all([...this.services.values()].map(service => service.end('SIGTERM')));
    if (this.options.beside) return;
    await this.ground.links?.close();
    await this.brokers.stop();
    await this.postgres.stop();
  }

  /** The folder of a volume. */
  volume(name: string): string {
    return join(this.options.folder, name);
  }

  /** Starts a service; one that only has to run once is waited for. */
  private async add(composed: ComposedService): Promise<void> {
    const names = Object.values(composed.volumes);
    await Promise.all(names.map(name => mkdir(this.volume(name), { recursive: true })));
    const service = new ServiceProcess({
      name: composed.name,
      command: this.commandOf(composed),
      environment: await this.environmentOf(composed),
      output: join(this.options.folder, `${composed.name}.log`),
      restarts: this.options.restarts ?? false,
    });
    service.launch();
    if (composed.environment.PORT !== undefined) {
      this.services.set(composed.name, service);
      return;
    }
    if ((await service.ended()) !== 0)
      throw new Error(`${composed.name} failed: ${await service.lastWords()}`);
  }

  private commandOf(composed: ComposedService): string[] {
    const here = composed.command.map(argument => this.here(argument, composed));
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
  private here(value: string, { name, volumes }: ComposedService): string {
    for (const [path, volume] of Object.entries(volumes))
      if (value === path || value.startsWith(`${path}/`))
        return this.volume(volume) + value.slice(path.length);
    const { brokers, postgres, links } = this.ground;
    const host = links?.postgresAddress(name) ?? postgres.address;
    return value
      .replace(KAFKA_ADDRESS, links?.kafkaAddresses(name) ?? brokers.addresses)
      .replace(POSTGRES_ADDRESS, `${postgres.login}@${host}`);
  }
}

/** The composed services, then those that were added. */
function servicesOf({ more = [] }: ClusterOptions): ComposedService[] {
  const composed = composedServices();
  const added = more.map(({ name, like, settings }) => {
    const model = composed.find(service => service.name === like);
    if (!model) throw new Error(`docker-compose.yml has no service ${like}.`);
    return { ...model, name, environment: { ...model.environment, ...settings } };
  });
  return [...composed, ...added];
}

async function startGround(options: ClusterOptions): Promise<Ground> {
  const { folder, links: hasLinks, brokers: count = 1 } = options;
  await mkdir(folder, { recursive: true });
  const postgres = await PostgresServer.start(folder);
  try {
    const named = servicesOf(options).filter(({ environment }) => environment.PORT !== undefined);
    const names = named.map(({ name }) => name);
    const links = hasLinks ? await Links.open(names, count, postgres.port) : undefined;
    const brokers = await KafkaBrokers.start(
      folder,
      count,
      (node, place) => links?.brokerProperties(node, place) ?? {},
    );
    return { postgres, brokers, links };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}
