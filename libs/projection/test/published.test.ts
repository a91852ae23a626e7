import { describe, expect, it } from 'vitest';
import { Published } from '#projection';
import { nativeCrypto } from '#signing';
import { TestLedger } from '../../../test/fixtures/test-ledger.js';

const newLedger = () => new TestLedger({ count: 2, crypto: nativeCrypto }).open();

describe('the files of a repository', () => {
  it('come in the order in which they may be written, the timestamp last of its state', () => {
    const ledger = newLedger();
    ledger.publish();
    const published = new Published();
    const order = ledger.effects.flatMap(effects => published.take(effects).map(({ name }) => name));
    expect(order.slice(0, 3).sort()).toEqual(['1.bins.json', '1.root.json', '1.targets.json']);
    expect(order.slice(3)).toEqual(['1.bins-0.json', '1.bins-1.json', '1.snapshot.json', 'timestamp.json']);
    expect([...published.files.keys()].sort()).toEqual([...order].sort());
  });

  it('keep no text of a draft that died', () => {
    const ledger = newLedger();
    ledger.publish();
    for (let i = 0; i < 20; i++) ledger.cut();
    const texts = Reflect.get(ledger.published, 'texts') as ReadonlyMap<string, string>;
    expect(texts.size).toBeLessThanOrEqual(ledger.openDrafts().length);
  });
});
