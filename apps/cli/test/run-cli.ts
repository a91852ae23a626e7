/** Runs the command line inside the test, on streams and a clock of its own. */

import { Readable, Writable } from 'node:stream';
import type { Environment } from '../src/environment.js';
import { ExitCode } from '../src/exit-code.js';
import { run } from '../src/main.js';

/** The time at which every run begins, in milliseconds. */
export const START = Date.UTC(2030, 0, 1);

export interface CliRun {
  readonly exitCode: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
  /** How long each sleep was, in milliseconds; none of them took real time. */
  readonly sleeps: readonly number[];
}

export interface CliOptions {
  readonly stdin?: string;
  readonly variables?: Record<string, string>;
  /** Whether the standard error is a terminal. */
  readonly terminal?: boolean;
  /** The time at which it runs, in milliseconds. */
  readonly now?: number;
  /** Called at every sleep with how many there were before. */
  readonly onSleep?: (sleeps: number) => void;
}

export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const stdout = new Captured(false);
  const stderr = new Captured(options.terminal ?? false);
  const sleeps: number[] = [];
  let now = options.now ?? START;
  const environment: Environment = {
    stdin: Readable.from([Buffer.from(options.stdin ?? '')]),
    stdout,
    stderr,
    variables: options.variables ?? { TUF_LEDGER_TOKEN: 'secret' },
    now: () => now,
    sleep: async milliseconds => {
      options.onSleep?.(sleeps.length);
      sleeps.push(milliseconds);
      now += milliseconds;
    },
    exitCode: ExitCode.ok,
  };
  const exitCode = await run(args, environment);
  return { exitCode, stdout: stdout.text, stderr: stderr.text, sleeps };
}

class Captured extends Writable {
  text = '';
  readonly isTTY: boolean;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
  }
}
