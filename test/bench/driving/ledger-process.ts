// A ledger as its users run it: a process of its own, on a folder of its own, that says where it listens.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { Workplace } from '../workplace.js';
import { LedgerClient } from './ledger-client.js';
import type { MeasuredLedger, Opened } from './measured-ledger.js';
import { runningProcesses } from './running-processes.js';

/** The built ledger, from the project's folder. */
const PROGRAM = 'dist/apps/ledger/src/main.js';
/** Milliseconds that a ledger may take to say where it listens, and to stop before it is killed. */
const START_LIMIT_MS = 300_000;
const STOP_LIMIT_MS = 120_000;
/** Milliseconds within which a process that has ended is seen to have. */
const END_SEEN_MS = 500;
/** How often, and with which pause, is looked whether an orphaned Postgres has ended. */
const ORPHAN_LOOKS = 100;
const ORPHAN_PAUSE_MS = 50;
/** Lines of its complaints that an error quotes. */
const QUOTED_LINES = 5;

export class LedgerProcess implements MeasuredLedger {
  private readonly messages: string[] = [];
  private readonly exited: Promise<unknown>;
  private end: () => Promise<void> = async () => undefined;

  private constructor(
    private readonly child: ChildProcess,
    /** The data folder. */
    readonly folder: string,
    /** When the process was started, by `performance.now()`. */
    readonly startedAt: number,
  ) {
    this.exited = new Promise(done => child.once('exit', done));
    createInterface({ input: child.stderr! }).on('line', line => {
      if (line.includes('"level":"info"')) return;
      this.messages.push(line);
      if (this.messages.length > QUOTED_LINES) this.messages.shift();
    });
  }

  /** Starts a ledger of so many bins on a new folder of the workplace, which ends it if nobody else does. */
  static async start(workplace: Workplace, bins: number): Promise<Opened<LedgerProcess>> {
    const folder = await workplace.folder('ledger');
    const startedAt = performance.now();
    const child = spawn(process.execPath, ['--enable-source-maps', resolve(PROGRAM)], {
      env: {
        ...process.env,
        HOST: '127.0.0.1',
        PORT: '0',
        TUF_LEDGER_DATA: folder,
        TUF_LEDGER_BINS: String(bins),
        TUF_LEDGER_CUT_MS: '0',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ledger = new LedgerProcess(child, folder, startedAt);
    ledger.end = workplace.atEnd(() => ledger.halt());
    const url = await ledger.address();
    const token = (await readFile(join(folder, 'publisher.token'), 'utf8')).trim();
    return { ledger, client: new LedgerClient(url, token) };
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** An error of whoever used it, with what became of the ledger and the last that it complained of. */
  async explain(error: unknown): Promise<Error> {
    const { message } = error as Error;
    // A connection that breaks may be seen before the end of the process that had it.
    await Promise.race([this.exited, pause(END_SEEN_MS, undefined, { ref: false })]);
    const ended = this.ended === undefined ? '' : ` The ledger ended by itself (${this.ended}).`;
    const said = this.messages.length === 0 ? '' : ` The ledger said last: ${this.messages.join(' | ')}`;
    return new Error(`${message}${ended}${said}`, { cause: error });
  }

  /** How the process ended; undefined while it runs. */
  private get ended(): string | undefined {
    const { exitCode, signalCode } = this.child;
    return signalCode ?? (exitCode === null ? undefined : `code ${exitCode}`);
  }

  /** When a file of its data folder was written, in milliseconds since 1970. */
  async writtenAt(file: string): Promise<number> {
    return (await stat(join(this.folder, file))).mtimeMs;
  }

  /** Stops the ledger and its Postgres. Calling it twice is no error. */
  stop(): Promise<void> {
    return this.end();
  }

  private async halt(): Promise<void> {
    if (this.ended === undefined) {
      this.child.kill('SIGTERM');
      const late = pause(STOP_LIMIT_MS, undefined, { ref: false });
      await Promise.race([this.exited, late]);
      this.child.kill('SIGKILL');
      await this.exited;
    }
    await this.endOrphans();
  }

  /** A ledger that was killed could not end its Postgres: what runs on its folder is ended here. */
  private async endOrphans(): Promise<void> {
    for (let looks = 0; looks < ORPHAN_LOOKS; looks++) {
      const orphans = (await runningProcesses()).filter(({ command }) => command.includes(this.folder));
      if (orphans.length === 0) return;
      for (const { pid } of orphans) quit(pid);
      await pause(ORPHAN_PAUSE_MS);
    }
  }

  /** The URL that it prints once it listens. */
  private async address(): Promise<string> {
    const lines = createInterface({ input: this.child.stdout! });
    const found = new Promise<string>(done => {
      lines.on('line', line => {
        const [, url] = /(http:\/\/\S+)\/metadata\//.exec(line) ?? [];
        if (url !== undefined) done(url);
      });
    });
    const url = await Promise.race([
      found,
      this.exited.then(() => undefined),
      pause(START_LIMIT_MS, undefined, { ref: false }),
    ]);
    if (url !== undefined) return url;
    throw await this.explain(new Error('The ledger did not start.'));
  }
}

function quit(pid: number): void {
  try {
    process.kill(pid, 'SIGQUIT');
  } catch {
    // It has ended since.
  }
}
