// The schemas of a ledger's services in one database. Several ledgers may share a database by their prefixes.

export const SERVICES = ['root', 'targets', 'snapshot', 'timestamp'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** The schema of a projector, or of the repository service, `<prefix>_<service>`. */
export function schemaName(prefix: string, service: ServiceName | 'repository'): string {
  return `${prefix}_${service}`;
}
