import { describe, expect, it } from 'vitest';
import { nativeCrypto } from '#signing';
import { LAST_EXPIRES_SECONDS } from '#tuf';
import { codesOf } from '../../../test/fixtures/outcomes.js';
import {
  TEST_EPOCH_MS,
  TestLedger,
  type TestLedgerOptions,
  upload,
} from '../../../test/fixtures/test-ledger.js';

const newLedger = (options: TestLedgerOptions = {}) =>
  new TestLedger({ count: 2, crypto: nativeCrypto, ...options });
const cut = (ledger: TestLedger, state: number, at: number) => codesOf(ledger.cut({ state, at }));
const T = TEST_EPOCH_MS;

describe('the first cut', () => {
  it.each([
    ['root', ['targets', 'bins']],
    ['targets', ['root', 'bins']],
    ['bins', ['root', 'targets']],
  ])('needs a complete %s', (last, first) => {
    const ledger = newLedger();
    const drafts = ledger.openDrafts();
    expect(cut(ledger, 1, T)).toEqual(['not-open']);
    ledger.sign(drafts.filter(({ role }) => first.includes(role)));
    expect(cut(ledger, 1, T)).toEqual(['not-open']);
    ledger.sign(drafts.filter(({ role }) => role === last));
    expect(cut(ledger, 1, T)).toEqual(['applied']);
  });

  it('is state 1, at any time', () => {
    const ledger = newLedger().open();
    expect(cut(ledger, 2, T)).toEqual(['cut-stale']);
    expect(cut(ledger, 1, 0)).toEqual(['applied']);
  });

  it('drafts every bin as version 1, and the snapshot', () => {
    const { targets, snapshot, timestamp, root } = newLedger({ count: 16 }).open().cut();
    expect(targets.drafted).toHaveLength(16);
    expect(targets.drafted.every(({ version }) => version === 1)).toBe(true);
    expect(snapshot.drafted).toMatchObject([{ role: 'snapshot', version: 1 }]);
    expect(timestamp.drafted).toEqual([]);
    expect(root.cut).toMatchObject({ state: 1 });
  });
});

describe('a further cut', () => {
  it('is the next state, later by the least time between cuts', () => {
    const ledger = newLedger({ cutInterval: 5000 }).open();
    expect(cut(ledger, 1, T)).toEqual(['applied']);
    expect(cut(ledger, 1, T + 9000)).toEqual(['cut-stale']);
    expect(cut(ledger, 3, T + 9000)).toEqual(['cut-stale']);
    expect(cut(ledger, 2, T + 4999)).toEqual(['cut-too-early']);
    expect(cut(ledger, 2, T)).toEqual(['cut-too-early']);
    expect(cut(ledger, 2, 0)).toEqual(['cut-too-early']);
    expect(cut(ledger, 2, T + 5000)).toEqual(['applied']);
    expect(cut(ledger, 3, T + 10_000)).toEqual(['applied']);
  });

  it('that lost a race is stale', () => {
    const ledger = newLedger().open();
    const byScheduler = ledger.record(ledger.scheduler, [{ type: 'cut', state: 1, at: T }]);
    const bySigner = ledger.record(ledger.signer, [{ type: 'cut', state: 1, at: T }]);
    expect(codesOf(ledger.append(bySigner)!)).toEqual(['applied']);
    expect(codesOf(ledger.append(byScheduler)!)).toEqual(['cut-stale']);
  });

  it('that is rejected drafts nothing and ends nothing', () => {
    const ledger = newLedger().open();
    ledger.cut();
    const open = ledger.openDrafts();
    const { targets, snapshot, root } = ledger.cut({ state: 7 });
    expect([targets.drafted, targets.planned, snapshot.drafted, root.cut]).toEqual([[], [], [], undefined]);
    expect(ledger.openDrafts()).toEqual(open);
  });

  it('with nothing to publish drafts the snapshot only', () => {
    const ledger = newLedger().open();
    ledger.publish();
    const { targets, snapshot } = ledger.cut();
    expect([targets.drafted.length, snapshot.drafted.length]).toEqual([0, 1]);
  });

  it('has the snapshot name the prefix that ends with it', () => {
    const ledger = newLedger().open();
    ledger.publish();
    ledger.say(upload('six', 'a'));
    const { step, root, snapshot } = ledger.cut();
    expect(JSON.parse(snapshot.drafted[0]!.text)['x-ledger']).toEqual({
      origin: 'test.example/index',
      size: step.position + 1,
      rootHash: ledger.replay.state.reader.rootHash,
    });
    expect(root.cut?.rootHash).toBe(ledger.replay.state.reader.rootHash);
  });
});

describe('the last cut', () => {
  it('has all metadata expire before the year 10000', () => {
    const lifetime = 1000;
    const last = (LAST_EXPIRES_SECONDS - lifetime) * 1000 + 999;
    const ledger = newLedger({ lifetime }).open();
    expect(cut(ledger, 1, Number.MAX_SAFE_INTEGER)).toEqual(['cut-out-of-range']);
    expect(cut(ledger, 1, last + 1)).toEqual(['cut-out-of-range']);
    ledger.publish(last);
    expect(
      JSON.parse(new TextDecoder().decode(ledger.published.files.get('timestamp.json'))).signed.expires,
    ).toBe('9999-12-31T23:59:59Z');
  });

  it('is reckoned by the longest lifetime', () => {
    const ledger = newLedger({ lifetime: 3_155_760_000 }).open();
    expect(cut(ledger, 1, (LAST_EXPIRES_SECONDS - 3_155_760_000 + 1) * 1000)).toEqual(['cut-out-of-range']);
  });
});

describe('the order of checks on a cut', () => {
  it('is: open, state, time, range', () => {
    const closed = newLedger();
    expect(cut(closed, 5, Number.MAX_SAFE_INTEGER)).toEqual(['not-open']);
    const ledger = newLedger().open();
    expect(cut(ledger, 5, Number.MAX_SAFE_INTEGER)).toEqual(['cut-stale']);
    ledger.cut({ state: 1, at: T });
    expect(cut(ledger, 5, 0)).toEqual(['cut-stale']);
  });
});
