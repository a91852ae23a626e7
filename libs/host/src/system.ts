// What the embedded Postgres asks of the operating system: programs, processes, and its errors.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What a program prints, or undefined if it can't be run or fails. */
export async function output([program, ...args]: readonly string[]): Promise<string | undefined> {
  const run = promisify(execFile)(program!, args, { cwd: '/' });
  return run.then(
    ({ stdout }) => stdout,
    () => undefined,
  );
}

/**
 * When a process began, as text that no later process of the same id shares; undefined if it isn't running. Process
 * ids alone come back soon, above all in containers.
 */
export async function birthOf(pid: number): Promise<string | undefined> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (status === undefined) return (await output(['ps', '-o', 'lstart=', '-p', String(pid)]))?.trim();
  // Fields 3 and 22 of proc(5); the name before them may hold anything.
  const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return fields[0] === 'Z' ? undefined : `${fields[19]} ${boot}`.trim();
}

/** The command line of a process; empty if it can't be told. */
export async function commandOf(pid: number): Promise<string> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  return command ?? (await output(['ps', '-o', 'args=', '-p', String(pid)])) ?? '';
}

/** Takes a system error of this code for no answer; throws any other. */
export function unless(code: string): (error: NodeJS.ErrnoException) => undefined {
  return error => {
    if (error.code !== code) throw error;
    return undefined;
  };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
