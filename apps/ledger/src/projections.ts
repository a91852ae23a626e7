// The projections of a ledger: the schema of each projector, and the fold that it runs.

import type { DataSource } from 'typeorm';
import { RootProjection } from '#apps/projector-root/src/root-projection';
import { SnapshotProjection } from '#apps/projector-snapshot/src/snapshot-projection';
import { TargetsProjection } from '#apps/projector-targets/src/targets-projection';
import { TimestampProjection } from '#apps/projector-timestamp/src/timestamp-projection';
import {
  type AheadCrypto,
  type FactGround,
  PROJECTION_MIGRATIONS,
  Projector,
  SERVICES,
  type ServiceFold,
  type ServiceName,
  schemaName,
} from '#host';
import { WHOLE } from '#projection';
import { openSchema } from '#store';

/** The schema of each projector. */
export type ProjectionSources = Readonly<Record<ServiceName, DataSource>>;

/** Opens the schemas of all projectors in a database; `prefix` is that of their names. */
export async function openProjections(url: string, prefix: string): Promise<ProjectionSources> {
  const open = (service: ServiceName) =>
    openSchema({ url, schema: schemaName(prefix, service) }, PROJECTION_MIGRATIONS[service]);
  const [root, targets, snapshot, timestamp] = await Promise.all([
    open('root'),
    open('targets'),
    open('snapshot'),
    open('timestamp'),
  ]);
  return { root, targets, snapshot, timestamp };
}

/** The names of the projectors' schemas. */
export function projectionSchemas(prefix: string): string[] {
  return SERVICES.map(service => schemaName(prefix, service));
}

/** The projector of a service. */
export function projectorOf(service: ServiceName, ground: FactGround, crypto: AheadCrypto): Projector {
  return new Projector(foldOf(service, ground, crypto), ground);
}

/** The fold of a projector. */
export function foldOf(service: ServiceName, ground: FactGround, crypto: AheadCrypto): ServiceFold {
  switch (service) {
    case 'root':
      return new RootProjection(ground);
    case 'targets':
      return new TargetsProjection(ground, WHOLE, crypto);
    case 'snapshot':
      return new SnapshotProjection(ground, crypto);
    case 'timestamp':
      return new TimestampProjection(ground, crypto);
  }
}
