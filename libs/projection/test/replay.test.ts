import { describe, expect, it } from 'vitest';
import { Replay } from '#projection';
import { nativeCrypto } from '#signing';
import { randomHistory } from '../../../test/fixtures/random-history.js';
import { TestLedger, upload } from '../../../test/fixtures/test-ledger.js';

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const parsed = (ledger: TestLedger, name: string) => JSON.parse(text(ledger.published.files.get(name)));

describe('one upload, from its record to the timestamp', () => {
  it('is in a bin of a complete state', () => {
    const ledger = new TestLedger().open();
    ledger.publish();
    expect(ledger.published.state?.state).toBe(1);
    const effects = ledger.say(upload('six', 'six-1.0.tar.gz'));
    const role = effects.targets.outcomes[0]!.role!;
    expect(effects.targets.outcomes[0]!.verdict).toEqual({ result: 'applied' });
    ledger.publish();
    expect(ledger.published.state?.state).toBe(2);
    expect(Object.keys(parsed(ledger, `2.${role}.json`).signed.targets)).toEqual(['six/six-1.0.tar.gz']);
    const snapshot = parsed(ledger, '2.snapshot.json').signed;
    expect(snapshot.meta[`${role}.json`]).toEqual({ version: 2 });
    expect(snapshot.meta['targets.json']).toEqual({ version: 1 });
    expect(Object.keys(snapshot.meta)).toHaveLength(18);
    expect(parsed(ledger, 'timestamp.json').signed.version).toBe(2);
  });
});

describe('a replay that leaves the signatures over drafts unchecked', () => {
  const unchecked = { draftSignatures: 'unchecked' } as const;

  it('derives the same where all of them are valid', () => {
    const ledger = new TestLedger({ crypto: nativeCrypto }).open();
    ledger.say(upload('six', 'six-1.0.tar.gz'));
    ledger.publish();
    const whole = new Replay(ledger.ledger, nativeCrypto);
    const quick = new Replay(ledger.ledger, nativeCrypto, unchecked);
    for (const value of ledger.values) expect(quick.next(value)).toEqual(whole.next(value));
    expect(quick.state.timestamp.role.complete?.version).toBe(1);
  });

  it('takes one that is not for valid', () => {
    const ledger = new TestLedger({ crypto: nativeCrypto }).open();
    const [draft] = ledger.cut().targets.drafted;
    const forged = { ...ledger.entry(draft!), sig: '00'.repeat(64) };
    ledger.say({ type: 'signed', signatures: [forged] });
    const completed = (replay: Replay) =>
      ledger.values
        .map(value => replay.next(value)!)
        .at(-1)!
        .targets.completed.map(({ role }) => role);
    expect(completed(new Replay(ledger.ledger, nativeCrypto))).toEqual([]);
    expect(completed(new Replay(ledger.ledger, nativeCrypto, unchecked))).toEqual([draft!.role]);
  });

  it('takes the same values for records', () => {
    const { ledger, values } = randomHistory(3, 60);
    const isRecord = (replay: Replay) => values.map(value => replay.next(value) !== undefined);
    const checked = isRecord(new Replay(ledger, nativeCrypto));
    expect(isRecord(new Replay(ledger, nativeCrypto, unchecked))).toEqual(checked);
    expect(checked).toContain(false);
  });
});
