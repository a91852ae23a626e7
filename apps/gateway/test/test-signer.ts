// Signs what a test's ledger drafts: follows the log from its second value on, folds it in memory, and at the tail appends
// signatures over every open draft.

import type { Log } from '#log';
import type { TestLedger } from '../../../test/fixtures/test-ledger.js';

const SIGNATURES_PER_RECORD = 100;

export class TestSigner {
  private readonly stopping = new AbortController();
  private readonly signed = new Set<string>();
  private running: Promise<void> = Promise.resolve();
  /** While true, nothing is signed, so that no state completes. */
  paused = false;

  constructor(
    private readonly log: Log,
    private readonly ledger: TestLedger,
  ) {}

  start(): void {
    this.running = this.follow();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopping;
    for (let offset = 1; !signal.aborted; ) {
      const entries = await this.log.read(offset, {
        maxBytes: 1 << 22,
        maxEntries: 1_000,
        waitMs: 200,
        signal,
      });
      for (const entry of entries) {
        this.ledger.append(entry.value);
        offset = entry.offset + 1;
      }
      if (!this.paused && (await this.log.bounds()).end <= offset) await this.sign();
    }
  }

  private async sign(): Promise<void> {
    const drafts = this.ledger
      .openDrafts()
      .filter(({ role, version }) => !this.signed.has(`${role}@${version}`));
    for (const { role, version } of drafts) this.signed.add(`${role}@${version}`);
    for (let i = 0; i < drafts.length; i += SIGNATURES_PER_RECORD) {
      const signatures = drafts
        .slice(i, i + SIGNATURES_PER_RECORD)
        .flatMap(draft => this.ledger.entries(draft));
      await this.log.append([this.ledger.record(this.ledger.signer, [{ type: 'signed', signatures }])]);
    }
  }
}
