import { describe, expect, it } from 'vitest';
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
