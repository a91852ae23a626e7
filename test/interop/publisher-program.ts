// An example publisher as a running process: events in on its standard input, a line for each record out.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RawEvent } from '#ledger';
import { createKeyFile, type SigningKey } from '#signing';
import { type ClientKind, publisherCommand } from './toolchain.js';

/** What a publisher says of a record that the topic has. */
export interface SentRecord {
  readonly offset: number;
  readonly seq: number;
}

/** Where a publisher appends to. */
export interface PublishingTarget {
  readonly brokers: string;
  readonly topic: string;
  readonly ledger: string;
}

/** A program with its key and its sequence file, which outlive its processes. */
export class PublisherProgram {
  private constructor(
    readonly kind: ClientKind,
    readonly key: SigningKey,
    private readonly folder: string,
  ) {}

  static async make(kind: ClientKind): Promise<PublisherProgram> {
    const folder = await mkdtemp(join(tmpdir(), `tuf-ledger-publisher-${kind}-`));
    return new PublisherProgram(kind, await createKeyFile(join(folder, 'key.pem')), folder);
  }

  get sequenceFile(): string {
    return join(this.folder, 'sequence.json');
  }

  /** Starts it in the stream `main` with these further arguments. */
  async start(
    target: PublishingTarget,
    lines: string | Uint8Array,
    ...args: readonly string[]
  ): Promise<PublisherRun> {
    const { file, args: first } = await publisherCommand(this.kind);
    const where = ['--brokers', target.brokers, '--topic', target.topic, '--ledger', target.ledger];
    const who = ['--key', join(this.folder, 'key.pem'), '--stream', 'main', '--sequence', this.sequenceFile];
    const child = spawn(file, [...first, ...where, ...who, ...args], {
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(lines);
    return new PublisherRun(child);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}

/** One process of a publisher. */
export class PublisherRun {
  readonly sent: SentRecord[] = [];
  said = '';
  private readonly ended: Promise<number | null>;
  private onLine: () => void = () => undefined;

  constructor(private readonly child: ChildProcessWithoutNullStreams) {
    this.ended = new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
    child.stderr.on('data', chunk => {
      this.said += chunk;
    });
    createInterface({ input: child.stdout }).on('line', line => {
      this.sent.push(JSON.parse(line));
      this.onLine();
    });
  }

  /** Resolves when so many records were sent. */
  async hasSent(records: number): Promise<void> {
    while (this.sent.length < records) {
      const more = new Promise<void>(resolve => {
        this.onLine = resolve;
      });
      const left = await Promise.race([more, this.ended.then(() => 'ended')]);
      if (left === 'ended') throw new Error(`It ended after ${this.sent.length} records: ${this.said}`);
    }
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** Its exit code; null after a signal. */
  exitCode(): Promise<number | null> {
    return this.ended;
  }
}

/** Events as the programs read them. */
export function jsonLines(events: readonly RawEvent[]): string {
  return events.map(event => `${JSON.stringify(event)}\n`).join('');
}
