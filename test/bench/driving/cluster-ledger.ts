// A ledger as production runs it: the services of docker-compose.yml, a process each, with a Kafka broker and a Postgres.

import { readFile } from 'node:fs/promises';
import { Cluster } from '../../cluster/cluster.js';
import type { Workplace } from '../workplace.js';
import { LedgerClient } from './ledger-client.js';
import type { MeasuredLedger, Opened } from './measured-ledger.js';

export class ClusterLedger implements MeasuredLedger {
  private constructor(
    readonly cluster: Cluster,
    /** Ends everything, also when the workplace is closed. */
    private readonly end: () => Promise<void>,
  ) {}

  /** Starts a cluster for a ledger of so many bins on a new folder of the workplace, which ends it if nobody else does. */
  static async start(workplace: Workplace, bins: number): Promise<Opened<ClusterLedger>> {
    const folder = await workplace.folder('cluster');
    const cluster = await Cluster.start({ folder, ports: 'free', opening: ['--bins', String(bins)] });
    const ledger = new ClusterLedger(
      cluster,
      workplace.atEnd(() => cluster.stop()),
    );
    const token = (await readFile(cluster.ledger.tokenFile, 'utf8')).trim();
    const urlOf = (service: string) => cluster.service(service).url;
    return { ledger, client: new LedgerClient(urlOf('gateway'), token, urlOf('repository')) };
  }

  /** All of the cluster descends from this very process. */
  get pid(): number {
    return process.pid;
  }

  async explain(error: unknown): Promise<Error> {
    const { message } = error as Error;
    const ended = [...this.cluster.services.values()].filter(service => !service.isRunning);
    const words = await Promise.all(
      ended.map(async service => ` ${service.start.name} has ended: ${await service.lastWords()}`),
    );
    return new Error(message + words.join(''), { cause: error });
  }

  stop(): Promise<void> {
    return this.end();
  }
}
