// A history that meets every rejection code.

import type { FileUploaded, LedgerEvent, RawEvent } from '#ledger';
import { nativeCrypto } from '#signing';
import type { JsonObject } from '#tuf';
import { LAST_EXPIRES_SECONDS } from '#tuf';
import { testKey } from '../fixtures/keys.js';
import { TEST_EPOCH_MS, TestLedger, upload } from '../fixtures/test-ledger.js';

const FILE = upload('six', 'six-1.0.tar.gz') as FileUploaded;
const file = (change: JsonObject): RawEvent => ({ ...FILE, ...change }) as unknown as RawEvent;
const released = (path: string): RawEvent => ({ type: 'path.released', path });

export function rejections(): TestLedger {
  const ledger = new TestLedger({ count: 2, crypto: nativeCrypto, cutInterval: 1000 });
  const cut = (state: number, at: number) => ledger.cut({ state, at });
  cut(1, TEST_EPOCH_MS);
  ledger.open();
  byTheirBytes(ledger);
  byWhatIsThere(ledger);
  cut(2, TEST_EPOCH_MS);
  cut(1, TEST_EPOCH_MS);
  cut(2, TEST_EPOCH_MS + 999);
  cut(2, LAST_EXPIRES_SECONDS * 1000);
  bySignatures(ledger);
  return ledger;
}

function byTheirBytes(ledger: TestLedger): void {
  ledger.append(ledger.record(ledger.gateway, [FILE], { v: 2 }));
  ledger.append(ledger.record(ledger.scheduler, [{ type: 'cut', state: 1, at: TEST_EPOCH_MS }, FILE]));
  ledger.say(
    { type: 'file.renamed' },
    file({ url: 'https://example.org' }),
    { type: 'file.uploaded' },
    file({ length: '1' }),
    file({ release: '' }),
    file({ release: 'e\u0301' }),
    file({ hashes: { md5: '00' } }),
    file({ hashes: { sha256: '00' } }),
    file({ length: -1 }),
    file({ project: 'Six' }),
    file({ path: 'six/another' }),
    { type: 'publisher.enrolled', key: { keytype: 'none' }, permissions: {} },
  );
  const paths = ['', '/a', 'a/../b', `a/${'x'.repeat(511)}`, 'a/b/c/d/e/f/g/h/i', 'a?b', 'a#b', 'a\u0000'];
  ledger.say(...paths.map(released));
}

function byWhatIsThere(ledger: TestLedger): void {
  const removed: LedgerEvent = { type: 'file.removed', project: 'six', filename: 'six-1.0.tar.gz' };
  const other = upload('six', 'six-1.0.tar.gz', 'other content');
  ledger.say({ type: 'path.released', path: 'six/six-1.0.tar.gz' }, removed, FILE, other, removed, other);
  ledger.append(
    ledger.record(ledger.administrators, [
      { type: 'publisher.revoked', keyid: testKey('nobody').keyid },
      {
        type: 'publisher.enrolled',
        key: { ...ledger.keys.gateway.key, note: 'the same secret' },
        permissions: {},
      },
      { type: 'clock.set', at: 1 },
      ledger.replay.state.reader.opened!,
    ]),
  );
  ledger.append(ledger.record(ledger.administrators, [{ type: 'rules.activated', version: 5 }]));
}

function bySignatures(ledger: TestLedger): void {
  const submit = (...signatures: ReturnType<TestLedger['entry']>[]) =>
    ledger.append(ledger.record(ledger.signer, [{ type: 'signed', signatures }]));
  const draft = ledger.openDrafts().find(({ role }) => role === 'bins-0')!;
  const entry = ledger.entry(draft);
  ledger.cut({ state: 2, at: TEST_EPOCH_MS + 1000 });
  const open = ledger.openDrafts().find(({ role }) => role === 'bins-0')!;
  const good = ledger.entry(open);
  submit(
    entry,
    { ...good, version: 9 },
    { ...good, sha256: '00'.repeat(32) },
    ledger.entry(open, ledger.keys.gateway),
    { ...good, sig: '00'.repeat(64) },
    good,
  );
  ledger.sign();
  ledger.sign();
}
