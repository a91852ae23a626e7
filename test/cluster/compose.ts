// docker-compose.yml is the one definition of the services' settings. What starts them without a Docker engine reads it here.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { PROJECT_FOLDER } from '../fixtures/project-folder.js';

/** One of our own services, as the file defines it. */
export interface ComposedService {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The folders that the service sees, by the path where it sees them; each names a volume. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Services that must have been started, or have ended well, before it. */
  readonly after: readonly string[];
}

interface RawService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
}

/** What the image of our services is called; the others are Kafka and Postgres. */
const IMAGE = 'tuf-ledger';

/** Our services in the order in which they may be started. */
export function composedServices(): ComposedService[] {
  const text = readFileSync(join(PROJECT_FOLDER, 'docker-compose.yml'), 'utf8');
  const { services } = parse(text, { merge: true }) as { services: Record<string, RawService> };
  const ours = Object.entries(services).flatMap(([name, service]) =>
    service.image === IMAGE ? [composed(name, service)] : [],
  );
  return inOrder(ours);
}

function composed(
  name: string,
  { command = [], environment = {}, volumes = [], depends_on = {} }: RawService,
): ComposedService {
  return {
    name,
    command,
    environment: Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, String(value)])),
    volumes: Object.fromEntries(
      volumes.map(volume => {
        const [from, to] = volume.split(':');
        return [to!, from!];
      }),
    ),
    after: Object.keys(depends_on),
  };
}

function inOrder(services: readonly ComposedService[]): ComposedService[] {
  const ordered: ComposedService[] = [];
  const ours = new Set(services.map(({ name }) => name));
  while (ordered.length < services.length) {
    const done = new Set(ordered.map(({ name }) => name));
    const next = services.filter(
      ({ name, after }) => !done.has(name) && after.every(other => !ours.has(other) || done.has(other)),
    );
    if (next.length === 0) throw new Error('docker-compose.yml: services wait for each other in a circle.');
    ordered.push(...next);
  }
  return ordered;
}
