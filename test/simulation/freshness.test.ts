/** Four hundred days of a ledger to which hardly anything is uploaded: what is published never expires, and is renewed evenly. */
import { describe, expect, it } from 'vitest';
import { type CutSituation, decideCut } from '#apps/gateway/src/cut-decision';
import { cutNeeds } from '#projection';
import { nativeCrypto } from '#signing';
import { TEST_EPOCH_MS, TestLedger, upload } from '../fixtures/test-ledger.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAYS = 400;
const BINS = 32;
/** How often the scheduler cuts at most. */
const INTERVAL_MS = HOUR_MS;
/** The signer and the clients come a little after the cut. */
const PUBLISHING_MS = 1_000;
const LIMIT_MS = 300_000;

/** A ledger whose scheduler looks at it as the gateway's does. */
class Calendar {
  readonly ledger = new TestLedger({ count: BINS, crypto: nativeCrypto }).open();
  now = TEST_EPOCH_MS;
  /** Signatures that were made, by day. */
  readonly signatures: number[] = [];

  /** Lets time pass until the scheduler cuts, but at most to `until`; signs what it cut. */
  step(until: number): void {
    const decision = decideCut(this.situation(), nativeCrypto);
    if ('waitMs' in decision) {
      this.now = Math.min(until, this.now + decision.waitMs);
      return;
    }
    const { targets, snapshot } = this.ledger.cut({ at: decision.cut.at });
    const drafted = [...targets.drafted, ...snapshot.drafted];
    this.ledger.sign(drafted);
    this.ledger.sign(this.ledger.effects.at(-1)!.timestamp.drafted);
    const day = Math.floor((this.now - TEST_EPOCH_MS) / DAY_MS);
    this.signatures[day] = (this.signatures[day] ?? 0) + drafted.length + 1;
    this.now += PUBLISHING_MS;
  }

  private situation(): CutSituation {
    const { root, targets } = this.ledger.replay.state;
    return {
      now: this.now,
      root: root.lastCut ? root : undefined,
      completeState: this.ledger.published.state?.state ?? 0,
      needs: cutNeeds(targets, nativeCrypto),
      intervalMs: INTERVAL_MS,
    };
  }

  /** The Unix second at which the first of all that is published expires. */
  firstExpiry(): number {
    const { targets, snapshot, timestamp } = this.ledger.replay.state;
    const roles = [...[...targets.bins.values()].map(({ role }) => role), snapshot.role, timestamp.role];
    return Math.min(...roles.map(({ complete }) => complete!.expires));
  }

  /** Runs until then; what is published is fresh whenever anybody looks. */
  run(until: number): void {
    while (this.now < until) {
      this.step(until);
      expect(this.firstExpiry() * 1000).toBeGreaterThan(this.now);
    }
  }
}

describe('what is published', () => {
  it(
    'never expires in 400 days, and is signed evenly, through a change of policy and three days without services',
    () => {
      const calendar = new Calendar();
      const { ledger } = calendar;
      calendar.step(calendar.now);
      calendar.run(TEST_EPOCH_MS + 100 * DAY_MS);
      ledger.say(upload('six', 'six-1.0.tar.gz'));
      calendar.run(TEST_EPOCH_MS + 200 * DAY_MS);
      const { policy } = ledger.replay.state.root;
      const twoDays = { lifetime: 2 * 86_400, window: 86_400 };
      const changed = { ...policy!, hashBins: twoDays, snapshot: twoDays };
      ledger.append(ledger.record(ledger.administrators, [{ type: 'policy.changed', policy: changed }]));
      calendar.run(TEST_EPOCH_MS + 300 * DAY_MS);
      // Everything expires meanwhile. The first state after it renews all of it.
      calendar.now += 3 * DAY_MS;
      calendar.step(calendar.now);
      calendar.run(TEST_EPOCH_MS + DAYS * DAY_MS);
      const daily = (first: number, last: number) => calendar.signatures.slice(first, last);
      // Each bin, and a snapshot and a timestamp with each cut: once it has spread, no day has twice the signatures of another.
      for (const [first, last] of [
        [10, 200],
        [210, 300],
        [320, DAYS],
      ] as const) {
        const counts = daily(first, last);
        expect(Math.max(...counts) / Math.min(...counts), `days ${first} to ${last}`).toBeLessThan(2);
      }
    },
    LIMIT_MS,
  );
});
