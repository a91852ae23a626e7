// What a command sees of the process it runs in. Tests give their own, so that no command touches a global.

import type { Readable, Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { ExitCode } from './exit-code.js';

/** A stream to write to, which may be a terminal. */
export type Output = Writable & { readonly isTTY?: boolean };

export interface Environment {
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after so many milliseconds. */
  sleep(milliseconds: number): Promise<void>;
  /** What the process will exit with; a command sets it where it is not `ok`. */
  exitCode: ExitCode;
}

/** The environment of this process. */
export function processEnvironment(): Environment {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    variables: process.env,
    now: Date.now,
    sleep: milliseconds => wait(milliseconds),
    exitCode: ExitCode.ok,
  };
}

/** Writes lines to the standard output. */
export function print(environment: Environment, ...lines: readonly string[]): void {
  for (const line of lines) environment.stdout.write(`${line}\n`);
}

/** Writes a value to the standard output as indented JSON, for --json. */
export function printJson(environment: Environment, value: unknown): void {
  print(environment, JSON.stringify(value, null, 2));
}
