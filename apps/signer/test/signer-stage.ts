// A signer on a log in memory, with a test's hands on the log, the clock and the folder.

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { type Follower, Following, type ServiceLog } from '#host';
import { type Log, LogError, MemoryLog, type MemoryTopic } from '#log';
import { nativeCrypto } from '#signing';
import type { TestKey } from '../../../test/fixtures/keys.js';
import { codesOf } from '../../../test/fixtures/outcomes.js';
import { signingKey } from '../../../test/fixtures/signing-key.js';
import { TEST_EPOCH_MS, TestLedger, type TestLedgerOptions } from '../../../test/fixtures/test-ledger.js';
import { Signer } from '../src/signer.js';

/** The time of a stage's clock when it begins: that of the first cut of its ledger. */
export const BEGIN = TEST_EPOCH_MS + 1_000;
const LIMIT_MS = 20_000;

/** One line of what a signer reported. */
export interface Reported {
  readonly level: string;
  readonly message: string;
}

/** A signer that follows a log. */
export interface RunningSigner {
  stop(): Promise<void>;
}

/** The log, but for what is given otherwise. */
export function logBut(log: Log, other: Partial<Log>): Log {
  return {
    append: values => log.append(values),
    read: (from, limit) => log.read(from, limit),
    bounds: () => log.bounds(),
    close: () => log.close(),
    ...other,
  };
}

/** A log to which nothing can be appended any more, as if the process were killed in the call. */
export function killedInAppend(topic: MemoryTopic): { log: Log; reached: Promise<void> } {
  let reach = () => {};
  const reached = new Promise<void>(resolve => {
    reach = resolve;
  });
  const append = async () => {
    reach();
    throw new LogError('log-closed', 'The scripted kill.');
  };
  return { log: logBut(new MemoryLog(topic), { append }), reached };
}

export class SignerStage {
  /** The signer's clock, in milliseconds. */
  now = BEGIN;
  /** The online keys that signers hold. */
  readonly online: TestKey[];
  readonly reported: Reported[] = [];
  /** The errors that stopped signers. */
  readonly failures: Error[] = [];
  private readonly signers = new Set<RunningSigner>();

  private constructor(
    readonly folder: string,
    readonly topic: MemoryTopic,
    readonly ledger: TestLedger,
  ) {
    this.online = [ledger.keys.online];
  }

  /** A stage whose ledger is open, so that cuts can follow. */
  static async make(topic: MemoryTopic, options: TestLedgerOptions = {}): Promise<SignerStage> {
    const folder = await mkdtemp(join(tmpdir(), 'tuf-ledger-signer-'));
    const ledger = new TestLedger({ crypto: nativeCrypto, count: 4, ...options }).open();
    topic.push(ledger.values);
    return new SignerStage(folder, topic, ledger);
  }

  /** Starts a signer on the log, or on another one or another folder; `before` are handed each batch before it. */
  start(
    log: Log = new MemoryLog(this.topic),
    folder = this.signerFolder,
    before: readonly Follower[] = [],
  ): RunningSigner {
    const { signer: own } = this.ledger.keys;
    const report: ServiceLog = (level, message) => void this.reported.push({ level, message });
    const parts = { ledger: this.ledger.ledger, log, crypto: nativeCrypto, report };
    const signer = new Signer({
      ...parts,
      folder,
      keys: this.online.map(key => signingKey(key)),
      publisher: { key: signingKey(own), stream: 'main' },
      clock: () => this.now,
    });
    const following = new Following([...before, signer], parts);
    following.start(error => this.failures.push(error));
    const stop = async () => {
      await following.stop();
      await signer.close();
    };
    const running = { stop };
    this.signers.add(running);
    return running;
  }

  get signerFolder(): string {
    return join(this.folder, 'signer');
  }

  /** Appends what `say` says to the test's ledger to the log as well. */
  write(say: (ledger: TestLedger) => unknown): void {
    this.absorb();
    const known = this.ledger.values.length;
    say(this.ledger);
    this.topic.push(this.ledger.values.slice(known));
  }

  /** Folds what others appended to the log. */
  absorb(): void {
    const known = this.ledger.values.length;
    for (const { value } of this.topic.page(known, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER))
      this.ledger.append(value);
  }

  /** Values that the log holds. */
  get size(): number {
    return this.topic.end;
  }

  /** Waits until it is so; the log is folded before each look. */
  async until(what: () => boolean): Promise<void> {
    const deadline = performance.now() + LIMIT_MS;
    for (;;) {
      this.absorb();
      if (what()) return;
      if (performance.now() > deadline) throw new Error(`not so within ${LIMIT_MS} ms: ${what}`);
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  }

  /** Waits until a state is complete. */
  async complete(state: number): Promise<void> {
    await this.until(() => this.failures.length > 0 || this.ledger.published.state?.state === state);
    if (this.failures[0]) throw this.failures[0];
  }

  /** Waits long enough that a signer at the tail would have acted. */
  async settle(ms = 150): Promise<void> {
    await new Promise(resolve => setTimeout(resolve, ms));
    this.absorb();
  }

  /** The codes of all outcomes of the signer's own records so far. */
  signersCodes(): string[] {
    const { effects, keys } = this.ledger;
    const own = effects.filter(
      ({ step }) => 'publisher' in step.author && step.author.publisher === keys.signer.keyid,
    );
    // The opening's signatures were relayed under the same key.
    return own.slice(1).flatMap(codesOf);
  }

  /** What is in a signer's folder now, read from a copy, as if the process had been killed here. */
  async onDisk(): Promise<Map<string, string>> {
    const copy = join(this.folder, 'copy');
    await cp(this.signerFolder, copy, { recursive: true });
    await rm(join(copy, 'LOCK'), { force: true });
    try {
      return await this.entries(copy);
    } finally {
      await rm(copy, { recursive: true });
    }
  }

  private async entries(folder: string): Promise<Map<string, string>> {
    const store = new ClassicLevel<string, string>(folder);
    const entries = new Map<string, string>();
    for await (const [key, value] of store.iterator()) entries.set(key, value);
    await store.close();
    return entries;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.signers].map(signer => signer.stop()));
    this.signers.clear();
  }

  async dispose(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
