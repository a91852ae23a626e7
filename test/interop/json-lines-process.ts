import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Command } from './toolchain.js';

/** Longest line either way, in bytes; client.py and main.go hold the same bound. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024;
/** Longest wait for an answer, in milliseconds. */
const ANSWER_LIMIT_MS = 60_000;
/** Longest wait for a process that was asked to end, in milliseconds. */
const END_LIMIT_MS = 5_000;
/** How much of the end of stderr is kept for the error message, in characters. */
const STDERR_CHARACTERS = 4_000;

/** Why the process can't answer: it has ended, was too slow, or broke the protocol. It is of no further use. */
export class ProcessFailure extends Error {
  override readonly name = 'ProcessFailure';
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (failure: ProcessFailure) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * A child process that answers each line of JSON on its standard input with one on its standard output. Callers may
 * overlap: their messages go one at a time, in the order of the calls.
 */
export class JsonLinesProcess {
  readonly #name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  #waiting: Waiting | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #line: Buffer[] = [];
  #lineBytes = 0;
  #stderr = '';
  #failure: ProcessFailure | undefined;

  /** name: what error messages call the process. */
  constructor(name: string, command: Command) {
    this.#name = name;
    // The clients must reach 127.0.0.1 itself, whatever proxy the machine is told to use.
    const env = {
      ...process.env,
      NO_PROXY: '127.0.0.1',
      no_proxy: '127.0.0.1',
      PYTHONDONTWRITEBYTECODE: '1',
    };
    this.#child = spawn(command.file, command.args, { env, stdio: 'pipe' });
    this.#child.stdout.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-STDERR_CHARACTERS);
    });
    // A broken pipe shows as the end of the process, which says more.
    this.#child.stdin.on('error', () => undefined);
    this.#child.on('error', error => this.#fail(`could not be started: ${error.message}`));
    this.#child.on('close', (code, signal) => this.#fail(`has ended (${signal ?? `exit code ${code}`})`));
  }

  /** Sends one message and gives its answer. Rejects with ProcessFailure. */
  exchange(message: object): Promise<unknown> {
    const answer = this.#last.then(() => this.#exchangeNow(message));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  /** Lets the process end; kills it if it doesn't. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined)
      return;
    const closed = once(this.#child, 'close');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_LIMIT_MS);
    this.#child.stdin.end();
    await closed;
    clearTimeout(timer);
  }

  #exchangeNow(message: object): Promise<unknown> {
    const line = Buffer.from(`${JSON.stringify(message)}\n`);
    if (line.length > MAX_LINE_BYTES) {
      return Promise.reject(
        new ProcessFailure(`a message to ${this.#name} is longer than ${MAX_LINE_BYTES} bytes`),
      );
    }
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const timer = setTimeout(
        () => this.#giveUp(`did not answer within ${ANSWER_LIMIT_MS} ms`),
        ANSWER_LIMIT_MS,
      );
      this.#waiting = { resolve, reject, timer };
      this.#child.stdin.write(line);
    });
  }

  #read(chunk: Buffer): void {
    if (this.#failure !== undefined) return;
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      this.#line.push(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      const line = Buffer.concat(this.#line);
      this.#line = [];
      this.#lineBytes = 0;
      this.#answer(line);
    }
    this.#line.push(rest);
    this.#lineBytes += rest.length;
    if (this.#lineBytes > MAX_LINE_BYTES) this.#giveUp(`sent a line longer than ${MAX_LINE_BYTES} bytes`);
  }

  #answer(line: Buffer): void {
    const waiting = this.#waiting;
    if (waiting === undefined) {
      this.#giveUp('sent a line that nothing asked for');
      return;
    }
    try {
      const answer: unknown = JSON.parse(line.toString());
      this.#waiting = undefined;
      clearTimeout(waiting.timer);
      waiting.resolve(answer);
    } catch {
      this.#giveUp(`sent a line that is no JSON: ${line.toString().slice(0, 200)}`);
    }
  }

  #giveUp(reason: string): void {
    this.#fail(reason);
    this.#child.kill('SIGKILL');
  }

  #fail(reason: string): void {
    const stderr = this.#stderr.trim();
    this.#failure ??= new ProcessFailure(`${this.#name} ${reason}${stderr && `; its last words: ${stderr}`}`);
    if (this.#waiting === undefined) return;
    clearTimeout(this.#waiting.timer);
    this.#waiting.reject(this.#failure);
    this.#waiting = undefined;
  }
}
