/** docker-compose.yml, Dockerfile and the services: each setting is one that the service reads, and all of them are right. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { gatewaySettings } from '#apps/gateway/src/settings';
import { planShard } from '#apps/projector-targets/src/shard-projectors';
import { repositorySettings } from '#apps/repository/src/settings';
import { signerSettings } from '#apps/signer/src/settings';
import {
  DEFAULT_POLICY,
  type Environment,
  LedgerFolder,
  loadPublisherKey,
  loadSignerKeys,
  openLedgerFolder,
  projectorSettings,
} from '#host';
import { nativeCrypto } from '#signing';
import { PROJECT_FOLDER } from '../fixtures/project-folder.js';
import { type ComposedService, composedServices } from './compose.js';

/** What reads the settings of each app that is a service. */
const READERS: Readonly<Record<string, (environment: Environment) => unknown>> = {
  gateway: gatewaySettings,
  repository: repositorySettings,
  signer: signerSettings,
  'projector-root': environment => projectorSettings(environment, 'root', () => () => []),
  'projector-targets': environment => projectorSettings(environment, 'targets', planShard),
  'projector-snapshot': environment => projectorSettings(environment, 'snapshot', () => () => []),
  'projector-timestamp': environment => projectorSettings(environment, 'timestamp', () => () => []),
};
/** Apps that are no service of a deployment. */
const NO_SERVICES = ['cli', 'ledger', 'auditor'];
const MAIN_FORM = /^dist\/apps\/([a-z-]+)\/src\/main\.js$/;
const CHOICE = {
  origin: 'test.example/index',
  bins: { scheme: 'succinct', count: 4 },
  pathRule: 'project-file',
  policy: DEFAULT_POLICY,
} as const;

const read = (path: string) => readFileSync(join(PROJECT_FOLDER, path), 'utf8');
const composed = composedServices();
const services = composed.filter(({ environment }) => environment.PORT !== undefined);
const raw = (
  parse(read('docker-compose.yml'), { merge: true }) as {
    services: Record<string, { ports?: string[]; volumes?: string[] }>;
  }
).services;

/** The app that a service runs. */
function appOf({ command }: ComposedService): string {
  return MAIN_FORM.exec(command.at(-1)!)?.[1] ?? '';
}

/** An environment that notes which settings were read of it. */
function watched(environment: Environment): { environment: Environment; names: Set<string> } {
  const names = new Set<string>();
  const get = (target: Environment, name: string) => {
    names.add(name);
    return target[name];
  };
  return { environment: new Proxy(environment, { get: (target, name) => get(target, String(name)) }), names };
}

let folder: LedgerFolder;

/** The settings of a service, with the paths in the ledger's volume where that is here. */
function settingsHere({ environment, volumes }: ComposedService): Record<string, string> {
  const [mount] = Object.entries(volumes).find(([, volume]) => volume === 'ledger') ?? [];
  const here = Object.entries(environment).map(([name, value]) => [
    name,
    mount && value.startsWith(`${mount}/`) ? folder.path + value.slice(mount.length) : value,
  ]);
  return Object.fromEntries(here);
}

beforeAll(async () => {
  folder = new LedgerFolder(await mkdtemp(join(tmpdir(), 'tuf-ledger-')));
  await openLedgerFolder(folder, CHOICE, nativeCrypto, Date.now());
});
afterAll(() => rm(folder.path, { recursive: true, force: true }));

describe('docker-compose.yml', () => {
  it('runs every app that is a service', () => {
    const apps = readdirSync(join(PROJECT_FOLDER, 'apps')).filter(app => !NO_SERVICES.includes(app));
    expect(new Set(services.map(appOf))).toEqual(new Set(apps));
    expect(Object.keys(READERS).sort()).toEqual(apps.sort());
  });

  it.each(composed)('$name runs a program that there is', ({ command }) => {
    const file = command.find(argument => /\.m?js$/.test(argument))!;
    expect(existsSync(join(PROJECT_FOLDER, file.replace(/^dist\/(.*)\.js$/, '$1.ts')))).toBe(true);
  });

  it.each(services)('$name is set up with what it reads, and all of it is right', service => {
    const { environment, names } = watched(settingsHere(service));
    expect(() => READERS[appOf(service)]!(environment)).not.toThrow();
    expect(Object.keys(service.environment).filter(name => !names.has(name))).toEqual([]);
  });

  it.each(services)(
    '$name is given folders that it can use, and those that it writes are its own',
    service => {
      const paths = Object.values(service.environment).filter(value => value.startsWith('/'));
      for (const path of paths) {
        const mount = Object.keys(service.volumes).find(at => path === at || path.startsWith(`${at}/`));
        expect(mount, path).toBeDefined();
      }
      const writable = (raw[service.name]!.volumes ?? []).filter(volume => !volume.endsWith(':ro'));
      const others = services.filter(({ name }) => name !== service.name);
      for (const volume of writable) {
        const [name] = volume.split(':');
        const shared = others.filter(({ volumes }) => Object.values(volumes).includes(name!));
        expect(shared.map(other => other.name)).toEqual([]);
      }
    },
  );

  it('gives the keys and tokens to those who need them, where the opening makes them', async () => {
    const named = (name: string) => settingsHere(services.find(service => service.name === name)!);
    expect((await loadSignerKeys(named('signer').TUF_LEDGER_KEYS!)).online).toHaveLength(3);
    for (const key of ['gateway', 'scheduler'] as const)
      await loadPublisherKey(named('gateway').TUF_LEDGER_KEYS!, key);
    expect(existsSync(named('gateway').TUF_LEDGER_TOKENS!)).toBe(true);
    const holders = services.filter(({ environment }) => environment.TUF_LEDGER_KEYS !== undefined);
    expect(holders.map(({ name }) => name).sort()).toEqual(['gateway', 'signer']);
  });

  it('has each service on the port that it has by itself, and shards on the next ones', () => {
    const ports = services.map(({ environment }) => Number(environment.PORT));
    expect(new Set(ports).size).toBe(ports.length);
    for (const app of Object.keys(READERS)) {
      const ofApp = services.filter(service => appOf(service) === app);
      const { PORT: _, ...unset } = settingsHere(ofApp[0]!);
      const { address } = READERS[app]!(unset) as { address: { port: number } };
      expect(ofApp.map(({ environment }) => Number(environment.PORT))).toEqual(
        ofApp.map((_, shard) => address.port + shard),
      );
    }
  });

  it.each(services.filter(({ name }) => raw[name]!.ports))('$name is reached where it listens', service => {
    const { PORT, HOST } = service.environment;
    expect(raw[service.name]!.ports).toEqual([`${PORT}:${PORT}`]);
    expect(HOST).toBe('0.0.0.0');
  });

  it('divides the bins among all shards of projector-targets', () => {
    const shards = services.filter(service => appOf(service) === 'projector-targets');
    expect(shards.map(({ environment }) => environment.TUF_LEDGER_SHARD)).toEqual(
      shards.map((_, i) => `${i + 1}/${shards.length}`),
    );
  });
});

describe('Dockerfile', () => {
  const lines = read('Dockerfile').split('\n');
  const copied = lines.flatMap(line => /^COPY --from=build .*\/app\/(\S+) \.\//.exec(line)?.[1] ?? []);

  it('copies what the commands need', () => {
    const programs = composed.map(({ command }) => command.find(argument => /\.m?js$/.test(argument))!);
    const needed = new Set(['package.json', 'node_modules', ...programs.map(path => path.split('/')[0]!)]);
    expect(copied).toEqual(expect.arrayContaining([...needed]));
  });

  it('is given all that its build reads', () => {
    const left = read('.dockerignore').split('\n').filter(Boolean);
    const sources = ['apps', 'libs', 'test', 'tools', 'package.json', 'package-lock.json', 'tsconfig.json'];
    expect(left.filter(name => sources.includes(name))).toEqual([]);
    expect(left).toEqual(expect.arrayContaining(['node_modules', 'dist', 'data']));
  });

  it('makes every folder that a service writes to, for a user that is not root', () => {
    const [, made] = /^RUN mkdir (.*) && chown node:node \1$/m.exec(read('Dockerfile')) ?? [];
    const mounts = composed.flatMap(({ volumes }) => Object.keys(volumes));
    expect(new Set(made?.split(' '))).toEqual(new Set(mounts));
    expect(lines).toContain('USER node');
  });
});
