// The processes of this machine: from /proc where there is one, else from `ps`.

import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  /** With its arguments, as text. */
  readonly command: string;
  /** Peak resident memory in KiB; by `ps`, the present one. */
  readonly kib: number;
}

export async function runningProcesses(): Promise<RunningProcess[]> {
  const names = await readdir('/proc').catch(() => undefined);
  if (names === undefined) return processesByPs();
  const pids = names.filter(name => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(processOf));
  return found.filter(process => process !== undefined);
}

/** From /proc; undefined for one that has ended. */
async function processOf(pid: number): Promise<RunningProcess | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const command = (await readFile(`/proc/${pid}/cmdline`, 'latin1')).replaceAll('\0', ' ').trim();
    const field = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    return { pid, parent: field('PPid'), command, kib: field('VmHWM') };
  } catch {
    return undefined;
  }
}

async function processesByPs(): Promise<RunningProcess[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,rss=,command=']);
  return stdout.split('\n').flatMap(line => {
    const [, pid, parent, kib, command] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    if (command === undefined) return [];
    return { pid: Number(pid), parent: Number(parent), command, kib: Number(kib) };
  });
}
