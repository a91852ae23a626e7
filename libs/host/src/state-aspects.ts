// The states of the repository and the versions of its roles, as far as a service knows them.

import type { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { readNewestCuts, readNewestOf } from '#store';
import { BINS_ROLE } from '#tuf';
import type { Aspect, AspectView } from './aspect.js';
import { addGaugeBy } from './pulled-metrics.js';
import type { ServiceName } from './schema-name.js';

/** When a state was cut; `at` in milliseconds. */
export interface CutTime {
  readonly state: number;
  readonly at: number;
}

/** The last cut, and how old it is. */
export class LastCutAspect implements Aspect {
  constructor(
    private readonly lastCut: () => Promise<CutTime | undefined>,
    private readonly clock: () => number = Date.now,
  ) {}

  async look(): Promise<AspectView> {
    // Where it can't be read now, what the service stands on says why.
    const cut = await this.lastCut().catch(() => undefined);
    if (!cut) return { members: { lastCut: null } };
    const { state, at } = cut;
    return { members: { lastCut: { state, at, ageSeconds: Math.round((this.clock() - at) / 1000) } } };
  }
}

/** The last cut that projector-root has committed. */
export async function lastCutOf(root: DataSource): Promise<CutTime | undefined> {
  return (await readNewestCuts(root, Number.MAX_SAFE_INTEGER, 1))[0];
}

/** The roles that clients fetch by name, by the service whose schema holds their versions. */
const NAMED_ROLES: Readonly<Record<ServiceName, readonly string[]>> = {
  root: ['root'],
  targets: ['targets', BINS_ROLE],
  snapshot: ['snapshot'],
  timestamp: ['timestamp'],
};

interface KnownVersion {
  readonly version: number;
  /** Unix time, in seconds. */
  readonly expires: number;
}

/** The newest complete versions of roles, and how long each is valid. */
export class RoleVersionsAspect implements Aspect {
  private readonly known = new Map<string, KnownVersion>();
  private reading: Promise<[string, KnownVersion][]> | undefined;

  /** `sources`: the schemas to read them from. */
  constructor(
    private readonly sources: Readonly<Partial<Record<ServiceName, DataSource>>>,
    private readonly clock: () => number = Date.now,
  ) {}

  measure(registry: Registry): void {
    const version = {
      name: 'tuf_ledger_role_version',
      help: 'Newest complete version of a role.',
      label: 'role',
    };
    const expiry = {
      name: 'tuf_ledger_role_expiry_seconds',
      help: 'Seconds until the newest complete version of a role expires.',
      label: 'role',
    };
    addGaugeBy(registry, version, async () => (await this.versions()).map(([role, v]) => [role, v.version]));
    addGaugeBy(registry, expiry, async () =>
      (await this.versions()).map(([role, { expires }]) => [role, expires - this.clock() / 1000]),
    );
  }

  /** Read once for both metrics, which are read together. */
  private versions(): Promise<[string, KnownVersion][]> {
    this.reading ??= this.read().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  /** While Postgres is away, what was known last. */
  private async read(): Promise<[string, KnownVersion][]> {
    const services = Object.entries(this.sources) as [ServiceName, DataSource][];
    const found = await Promise.all(
      services.map(([service, source]) => readNewestOf(source, NAMED_ROLES[service]).catch(() => [])),
    );
    for (const { role, version, expires } of found.flat()) this.known.set(role, { version, expires });
    return [...this.known];
  }
}
