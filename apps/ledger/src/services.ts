// All services of a ledger over one log, one database and one folder. What runs here in one process runs in production as a
// process each; the parts are the same. Here they share one reading of the log, and the projectors hand their facts over in
// memory instead of by way of Postgres.

import type { DataSource } from 'typeorm';
import { LogTail } from '#apps/gateway/src/log-tail';
import { Repository } from '#apps/repository/src/repository';
import { Signer } from '#apps/signer/src/signer';
import type { Files } from '#files';
import {
  type AheadCrypto,
  jsonLog,
  PostgresWatermarks,
  type ServiceLog,
  schemaName,
  type VersionSources,
} from '#host';
import type { LedgerOpened } from '#ledger';
import type { Log } from '#log';
import type { Shard } from '#projection';
import type { SigningKey } from '#signing';
import { openSchema, REPOSITORY_MIGRATIONS, readProgress } from '#store';
import { openProjections, projectionSchemas } from './projections.js';
import { type ReadingParts, type Readings, readApart, readTogether } from './readings.js';

/** What the services stand on. */
export interface Ground {
  readonly ledger: string;
  readonly opened: LedgerOpened;
  readonly crypto: AheadCrypto;
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
  /** Whether each service reads the log and the others' facts for itself, as it does in a process of its own. */
  readonly apart?: boolean;
  /** The shards of projector-targets, each as a process of its own; all bins in one by default. Heeded where services are apart. */
  readonly shards?: readonly Shard[];
}

/** The prefix of this ledger's schemas. */
export const SCHEMA_PREFIX = 'tuf';
const REPOSITORY_SCHEMA = schemaName(SCHEMA_PREFIX, 'repository');
/** The signer's stream; one signer runs per ledger. */
const SIGNER_STREAM = 'signer';

export class Services {
  private constructor(
    readonly sources: VersionSources & { readonly repository: DataSource },
    readonly parts: ReadingParts & { readonly watermarks: PostgresWatermarks },
    readonly readings: Readings,
  ) {}

  /** Starts all services; `onFatal` is told of an error that stopped one. */
  static async start(ground: Ground, onFatal: (error: Error) => void): Promise<Services> {
    const { report = jsonLog, databaseUrl } = ground;
    const sources = await openProjections(databaseUrl, SCHEMA_PREFIX);
    const own = await openSchema(
      { url: databaseUrl, schema: REPOSITORY_SCHEMA, connections: 1 },
      REPOSITORY_MIGRATIONS,
    );
    const schemas = [...projectionSchemas(SCHEMA_PREFIX), REPOSITORY_SCHEMA];
    const watermarks = new PostgresWatermarks(databaseUrl, schemas);
    const facts = { sources, prefix: SCHEMA_PREFIX, watermarks };
    const repository = new Repository({ ...ground, ...facts, own, report: report('repository') });
    const tail = new LogTail({ ...ground, from: () => readProgress(sources.root) });
    const signer = signerOf(ground, report('signer'));
    const parts = { ...facts, tail, repository, signer };
    const readings = ground.apart
      ? await readApart(ground, parts, ground.shards)
      : readTogether(ground, parts);
    for (const reading of readings.all)
      reading.start(error => {
        tail.stop(error);
        onFatal(error);
      });
    repository.start();
    return new Services({ ...sources, repository: own }, parts, readings);
  }

  get watermarks(): PostgresWatermarks {
    return this.parts.watermarks;
  }

  get repository(): Repository {
    return this.parts.repository;
  }

  /** Stops all services after the batches in hand. */
  async stop(): Promise<void> {
    const { repository, signer, watermarks } = this.parts;
    await Promise.all(this.readings.all.map(reading => reading.stop()));
    await signer.close();
    await repository.stop();
    await watermarks.close();
    await Promise.all(Object.values(this.sources).map(source => source.destroy()));
  }
}

function signerOf(ground: Ground, report: ServiceLog): Signer {
  const { ledger, log, crypto, clock } = ground;
  const publisher = { key: ground.signerKey, stream: SIGNER_STREAM };
  const keys = ground.onlineKeys;
  return new Signer({ ledger, log, crypto, clock, keys, publisher, folder: ground.signerFolder, report });
}
