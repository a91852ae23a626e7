/**
 * The toolchains of the real clients and of the example publishers: virtual environments of Python, built programs of Go.
 *
 * All are kept under .cache/interop between runs, each in a folder named by the hash of everything that it was made
 * from. A folder appears complete or not at all, so test files that run side by side may prepare the same one.
 */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT_FOLDER } from '../fixtures/project-folder.js';

export type ClientKind = 'python' | 'go';
export const CLIENT_KINDS: readonly ClientKind[] = ['python', 'go'];

/** Longest time that one preparation may take, in milliseconds: it downloads packages, and compiles. */
export const PREPARATION_LIMIT_MS = 600_000;

/** A program and its first arguments. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

const run = promisify(execFile);
const CACHE = join(PROJECT_FOLDER, '.cache/interop');
const sourcesOf = (folder: string): string => join(PROJECT_FOLDER, folder);
/** The real clients, and the publishers that append to a topic by themselves. */
const CLIENTS = { python: sourcesOf('test/interop/python'), go: sourcesOf('test/interop/go') };
const PUBLISHERS = { python: sourcesOf('examples/python'), go: sourcesOf('examples/go') };

const LEAST_PYTHON = [3, 11] as const;
/** From this version on, the go command fetches the toolchain that go.mod asks for. */
const LEAST_GO = [1, 21] as const;

interface Toolchain {
  readonly needs: string;
  /** Prints the version, and fails where a part that we use is missing. */
  readonly probe: Command;
  readonly least: readonly [number, number];
}

const TOOLCHAINS: Record<ClientKind, Toolchain> = {
  python: {
    needs: 'python3 3.11 or newer with the venv module (Debian, Ubuntu: apt install python3-venv)',
    probe: {
      file: 'python3',
      args: ['-c', 'import ensurepip, platform, venv; print(platform.python_version())'],
    },
    least: LEAST_PYTHON,
  },
  go: {
    needs: 'Go 1.21 or newer (https://go.dev/dl/)',
    probe: { file: 'go', args: ['env', 'GOVERSION'] },
    least: LEAST_GO,
  },
};

const probed = new Map<ClientKind, string | undefined>();
const prepared = new Map<string, Promise<string>>();

/** What this machine lacks to run the client and how to get it; undefined where it lacks nothing. */
export function whatIsMissing(kind: ClientKind): string | undefined {
  const { least, needs } = TOOLCHAINS[kind];
  const version = versionOf(kind);
  if (version === undefined) return `the ${kind} client needs ${needs}`;
  const [major = 0, minor = 0] = (version.match(/\d+/g) ?? []).map(Number);
  const enough = major > least[0] || (major === least[0] && minor >= least[1]);
  return enough ? undefined : `the ${kind} client needs ${needs}; this is ${version}`;
}

/** The command that starts the client, installed or built first where it isn't yet. */
export async function clientCommand(kind: ClientKind): Promise<Command> {
  return program(kind, CLIENTS[kind], 'client.py');
}

/** The command that starts the example publisher, installed or built first where it isn't yet. */
export async function publisherCommand(kind: ClientKind): Promise<Command> {
  return program(kind, PUBLISHERS[kind], 'publish.py');
}

async function program(kind: ClientKind, sources: string, script: string): Promise<Command> {
  if (kind === 'go') return { file: await goProgram(sources), args: [] };
  return { file: await pythonInterpreter(sources), args: [join(sources, script)] };
}

/** Runs a script of ./python where python-tuf is installed. Rejects with what it wrote to stderr. */
export async function runPythonScript(script: string, args: readonly string[]): Promise<void> {
  await run(await pythonInterpreter(CLIENTS.python), [join(CLIENTS.python, script), ...args]);
}

function pythonInterpreter(sources: string): Promise<string> {
  return once(sources, async () => {
    const requirements = join(sources, 'requirements.txt');
    const folder = await madeFrom('python', [requirements], async draft => {
      await run('python3', ['-m', 'venv', draft]);
      const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check'];
      await run(join(draft, 'bin/python'), [...pip, '--require-hashes', '-r', requirements]);
    });
    return join(folder, 'bin/python');
  });
}

function goProgram(sources: string): Promise<string> {
  return once(sources, async () => {
    const files = (await readdir(sources)).sort().map(name => join(sources, name));
    const folder = await madeFrom('go', files, async draft => {
      const build = ['build', '-trimpath', '-buildvcs=false', '-o', join(draft, 'client'), '.'];
      // In the environment, so that no other -mod of the machine applies.
      await run('go', build, { cwd: sources, env: { ...process.env, GOFLAGS: '-mod=readonly' } });
    });
    return join(folder, 'client');
  });
}

/** The folder that make() has filled from these sources with this toolchain, now or in an earlier run. */
async function madeFrom(
  kind: ClientKind,
  sources: readonly string[],
  make: (draft: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256').update(versionOf(kind) ?? '');
  for (const source of sources) hash.update('\0').update(await readFile(source));
  const folder = join(CACHE, kind, hash.digest('hex').slice(0, 16));
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(join(CACHE, kind), { recursive: true });
  try {
    await make(draft);
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another process may have been first; then its folder serves us too.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

function versionOf(kind: ClientKind): string | undefined {
  if (!probed.has(kind)) probed.set(kind, output(TOOLCHAINS[kind].probe));
  return probed.get(kind);
}

function output(command: Command): string | undefined {
  try {
    return execFileSync(command.file, command.args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

/** Remembers success only: what failed for want of a network may be tried again. */
function once(key: string, make: () => Promise<string>): Promise<string> {
  const known = prepared.get(key);
  if (known !== undefined) return known;
  const making = make();
  prepared.set(key, making);
  making.catch(() => prepared.delete(key));
  return making;
}
