// The database of a ledger as one of its services sees it: the service's own schema, which it alone writes and migrates, and those of
// the others, which it reads. Everything is there before Postgres answers; it is connected to later.

import type { DataSource } from 'typeorm';
import {
  connectOwned,
  connectReader,
  ping,
  REPOSITORY_MIGRATIONS,
  ROOT_MIGRATIONS,
  SNAPSHOT_MIGRATIONS,
  schemaSource,
  TARGETS_MIGRATIONS,
  TIMESTAMP_MIGRATIONS,
} from '#store';
import { SERVICES, type ServiceName, schemaName } from './schema-name.js';
import type { DatabaseSettings } from './service-settings.js';
import type { FactGround } from './upstream.js';
import { PostgresWatermarks } from './watermark.js';

/** Connections to a service's own schema: one commits, one looks whether commits are kept, one answers who asks how it is. */
const OWN_CONNECTIONS = 3;
/** Connections to each of the others': a service that owns one reads them one after the other, as its records ask. */
const OWNER_READS = 1;
/** Whoever owns none, as the gateway, reads for many requests at once. */
const READER_CONNECTIONS = 2;

/** The tables of each projector's schema. */
export const PROJECTION_MIGRATIONS = {
  root: ROOT_MIGRATIONS,
  targets: TARGETS_MIGRATIONS,
  snapshot: SNAPSHOT_MIGRATIONS,
  timestamp: TIMESTAMP_MIGRATIONS,
} as const;
const MIGRATIONS = { ...PROJECTION_MIGRATIONS, repository: REPOSITORY_MIGRATIONS };

type SchemaOwner = ServiceName | 'repository';

/** Whose progress a service follows: of those whose facts it reads. Whoever owns no schema, as the gateway, follows all. */
const WATCHED: Readonly<Record<SchemaOwner, readonly SchemaOwner[]>> = {
  root: ['targets'],
  targets: ['root'],
  snapshot: ['root', 'targets'],
  timestamp: ['root', 'targets', 'snapshot'],
  repository: ['timestamp'],
};
const ALL: readonly SchemaOwner[] = [...SERVICES, 'repository'];

export class LedgerDatabase implements FactGround {
  readonly prefix: string;
  readonly sources: Readonly<Record<ServiceName, DataSource>>;
  /** The service's own schema. */
  readonly own: DataSource | undefined;
  readonly watermarks: PostgresWatermarks;
  private readonly all: readonly DataSource[];

  /** `owner`: whose process this is, if it owns a schema. */
  constructor({ url, prefix }: DatabaseSettings, owner?: SchemaOwner) {
    const reads = owner ? OWNER_READS : READER_CONNECTIONS;
    const source = (name: SchemaOwner) =>
      name === owner
        ? schemaSource(
            { url, schema: schemaName(prefix, name), connections: OWN_CONNECTIONS },
            MIGRATIONS[name],
          )
        : schemaSource({ url, schema: schemaName(prefix, name), connections: reads });
    this.prefix = prefix;
    this.sources = {
      root: source('root'),
      targets: source('targets'),
      snapshot: source('snapshot'),
      timestamp: source('timestamp'),
    };
    this.own = owner === 'repository' ? source(owner) : owner && this.sources[owner];
    this.all = [...new Set([...Object.values(this.sources), ...(this.own ? [this.own] : [])])];
    const watched = owner ? WATCHED[owner] : ALL;
    this.watermarks = new PostgresWatermarks(
      url,
      watched.map(name => schemaName(prefix, name)),
    );
  }

  /** Connects to what is not connected yet. @throws StoreError `store-unavailable`. */
  async connect(): Promise<void> {
    for (const source of this.all) {
      if (source.isInitialized) continue;
      await (source === this.own ? connectOwned(source) : connectReader(source));
    }
  }

  /** Resolves when Postgres answers. @throws StoreError `store-unavailable`. */
  ping(): Promise<void> {
    return ping(this.own ?? this.sources.root);
  }

  async close(): Promise<void> {
    await this.watermarks.close();
    await Promise.all(this.all.map(source => (source.isInitialized ? source.destroy() : undefined)));
  }
}
