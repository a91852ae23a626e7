import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { HostError } from './errors.js';
import { failed, type Site } from './postgres-site.js';

/** How long Postgres may take to be ready (it may have to recover), and to stop before it is made to. Milliseconds. */
const START_LIMIT_MS = 120_000;
export const STOP_LIMIT_MS = 30_000;
/** Lines of Postgres's messages that an error quotes. */
const QUOTED_LINES = 12;

/** Starts a program of Postgres, in a process group of its own: a Ctrl-C meant for us must not reach it first. */
export function start({ prefix }: Site, program: string, args: readonly string[]): ServerProcess {
  const [command, ...rest] = [...prefix, program, ...args];
  const env = { PATH: process.env.PATH, LC_ALL: 'C' };
  return new ServerProcess(
    spawn(command!, rest, { cwd: '/', env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] }),
  );
}

/** A running program of Postgres, and the last that it said. */
export class ServerProcess {
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
