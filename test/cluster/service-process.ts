// A service of the cluster: a process of its own that can be asked, killed, paused and started again.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { PROJECT_FOLDER } from '../fixtures/project-folder.js';

/** How long a service may take to stop when asked, in milliseconds. */
const STOP_LIMIT_MS = 60_000;
const LOOK_MS = 100;
/** Pause before a service that has failed is started again, in milliseconds. */
const RESTART_PAUSE_MS = 1_000;

/** How a service is started. */
export interface ServiceStart {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The file that takes what it says. */
  readonly output: string;
  /** Whether it is started again where it ends without having been asked to; by default it is not. */
  readonly restarts?: boolean;
}

export class ServiceProcess {
  private process: ChildProcess | undefined;
  private isAskedToEnd = false;

  constructor(readonly start: ServiceStart) {}

  /** The base of its URLs. */
  get url(): string {
    return `http://127.0.0.1:${this.start.environment.PORT}`;
  }

  get isRunning(): boolean {
    return this.process !== undefined && this.process.exitCode === null && this.process.signalCode === null;
  }

  /** The exit code of its last run, if that ended by itself. */
  get exitCode(): number | null {
    return this.process?.exitCode ?? null;
  }

  launch(): void {
    this.isAskedToEnd = false;
    const { command, environment, output } = this.start;
    const [program, ...args] = command;
    const said = openSync(output, 'a');
    this.process = spawn(program === 'node' ? process.execPath : program!, args, {
      cwd: PROJECT_FOLDER,
      env: { ...inherited(), ...environment },
      stdio: ['ignore', said, said],
    });
    closeSync(said);
    if (this.start.restarts) this.process.once('exit', code => this.startAgain(code));
  }

  private startAgain(code: number | null): void {
    if (this.isAskedToEnd || code === 0) return;
    setTimeout(() => this.isAskedToEnd || this.launch(), RESTART_PAUSE_MS);
  }

  /** Sends a signal and waits until it has ended; gives its exit code. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const running = this.process;
    this.isAskedToEnd = true;
    if (!running || !this.isRunning) return running?.exitCode ?? null;
    const ended = new Promise<number | null>(resolve => running.once('exit', resolve));
    running.kill(signal);
    const killer = setTimeout(() => running.kill('SIGKILL'), STOP_LIMIT_MS);
    return ended.finally(() => clearTimeout(killer));
  }

  /** Waits until it has ended by itself; gives its exit code. */
  async ended(): Promise<number | null> {
    const running = this.process!;
    if (!this.isRunning) return running.exitCode;
    return new Promise(resolve => running.once('exit', resolve));
  }

  /** For SIGSTOP and SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    this.process?.kill(signal);
  }

  /** Waits until `/readyz` says that it is ready. @throws Error with what it says instead, after `limitMs` or when it ends. */
  async ready(limitMs: number): Promise<void> {
    const until = Date.now() + limitMs;
    let last = 'no answer';
    while (Date.now() < until) {
      if (!this.isRunning) throw new Error(`${this.start.name} has ended: ${await this.lastWords()}`);
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
      if (answer?.ok) return void (await answer.arrayBuffer());
      if (answer) last = await answer.text();
      await wait(LOOK_MS);
    }
    throw new Error(`${this.start.name} is not ready after ${limitMs} ms: ${last}`);
  }

  /** The last lines that it said. */
  async lastWords(): Promise<string> {
    const said = await readFile(this.start.output, 'utf8').catch(() => '');
    return said.trim().split('\n').slice(-5).join('\n');
  }
}

/** The environment without settings of other ledgers. */
function inherited(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('TUF_LEDGER_') && !name.startsWith('VITEST') && name !== 'NODE_ENV',
  );
  return Object.fromEntries(own);
}
