// All services of a ledger over one log, one database and one folder. What runs here in one process runs in production as a
// process each; the parts are the same.

import type { DataSource } from 'typeorm';
import { Repository } from '#apps/repository/src/repository';
import { Signer } from '#apps/signer/src/signer';
import type { Files } from '#files';
import {
  jsonLog,
  Projector,
  SERVICES,
  type ServiceLog,
  schemaName,
  type VersionSources,
  Watermarks,
} from '#host';
import type { LedgerOpened } from '#ledger';
import type { Log } from '#log';
import type { SigningKey } from '#signing';
import { openSchema, REPOSITORY_MIGRATIONS } from '#store';
import type { Crypto } from '#tuf';
import { foldOf, openProjections, projectionSchemas } from './projections.js';

/** What the services stand on. */
export interface Ground {
  readonly ledger: string;
  readonly opened: LedgerOpened;
  readonly crypto: Crypto;
  readonly log: Log;
  readonly files: Files;
  /** The database of the projections, a `postgres://` URL. */
  readonly databaseUrl: string;
  /** The folder of the signer. */
  readonly signerFolder: string;
  readonly signerKey: SigningKey;
  readonly onlineKeys: readonly SigningKey[];
  /** Milliseconds now. */
  readonly clock: () => number;
  /** What services say goes here, by service; to standard error by default. */
  readonly report?: (service: string) => ServiceLog;
}

/** The prefix of this ledger's schemas. */
export const SCHEMA_PREFIX = 'tuf';
const REPOSITORY_SCHEMA = schemaName(SCHEMA_PREFIX, 'repository');
/** The signer's stream; one signer runs per ledger. */
const SIGNER_STREAM = 'signer';

export class Services {
  private constructor(
    readonly sources: VersionSources & { readonly repository: DataSource },
    readonly watermarks: Watermarks,
    readonly repository: Repository,
    private readonly workers: readonly { stop(): Promise<void> }[],
  ) {}

  /** Starts all services; `onFatal` is told of an error that stopped one. */
  static async start(ground: Ground, onFatal: (error: Error) => void): Promise<Services> {
    const { report = jsonLog } = ground;
    const sources = await openProjections(ground.databaseUrl, SCHEMA_PREFIX);
    const own = await openSchema(
      { url: ground.databaseUrl, schema: REPOSITORY_SCHEMA, connections: 1 },
      REPOSITORY_MIGRATIONS,
    );
    const watermarks = new Watermarks(ground.databaseUrl, [
      ...projectionSchemas(SCHEMA_PREFIX),
      REPOSITORY_SCHEMA,
    ]);
    const workers: { stop(): Promise<void> }[] = [];
    for (const service of SERVICES) {
      const parts = {
        log: ground.log,
        source: sources[service],
        fold: foldOf(service, { sources, prefix: SCHEMA_PREFIX, watermarks }, ground.crypto),
      };
      const projector = new Projector(parts, { ...ground, report: report(`projector-${service}`) });
      projector.start(onFatal);
      workers.push(projector);
    }
    workers.push(startSigner(ground, report('signer'), onFatal));
    const repository = new Repository({
      opened: ground.opened,
      files: ground.files,
      sources,
      own,
      watermarks,
      prefix: SCHEMA_PREFIX,
      report: report('repository'),
    });
    repository.start();
    return new Services({ ...sources, repository: own }, watermarks, repository, [...workers, repository]);
  }

  /** Resolves once the complete state whose last record is at `position`, or a later one, is in the metadata store. */
  async served(position: number, signal: AbortSignal): Promise<void> {
    await this.watermarks.reach(REPOSITORY_SCHEMA, position + 1, signal);
  }

  /** Stops all services after the batches in hand. */
  async stop(): Promise<void> {
    await Promise.all(this.workers.map(worker => worker.stop()));
    await this.watermarks.close();
    await Promise.all(Object.values(this.sources).map(source => source.destroy()));
  }
}

function startSigner(ground: Ground, report: ServiceLog, onFatal: (error: Error) => void): Signer {
  const { ledger, log, crypto, clock } = ground;
  const publisher = { key: ground.signerKey, stream: SIGNER_STREAM };
  const keys = ground.onlineKeys;
  const signer = new Signer({
    ledger,
    log,
    crypto,
    clock,
    keys,
    publisher,
    folder: ground.signerFolder,
    report,
  });
  signer.start(onFatal);
  return signer;
}
