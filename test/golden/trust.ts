// Histories of keys: every rotation, revocation and repair that rules 1 know, with a state after each.

import type { LedgerEvent } from '#ledger';
import type { KeyEvent } from '#projection';
import { nativeCrypto } from '#signing';
import { type TestKey, testKey } from '../fixtures/keys.js';
import { TEST_EPOCH_MS, TestLedger, type TestLedgerOptions, upload } from '../fixtures/test-ledger.js';
import { testEcdsaKey } from './ecdsa-key.js';

const DAY_MS = 86_400_000;
const SECOND = testKey('second');
const THIRD = testKey('third');

const begin = (options: TestLedgerOptions = {}): TestLedger =>
  new TestLedger({ count: 2, crypto: nativeCrypto, ...options }).open();
const all = (...keys: TestKey[]) => ({ keys, threshold: keys.length });
const rotated = (role: string, keys: readonly TestKey[], threshold = keys.length): KeyEvent => ({
  type: 'key.rotated',
  role,
  keys: keys.map(({ key }) => key),
  threshold,
});
const administrate = (ledger: TestLedger, ...events: readonly LedgerEvent[]) =>
  ledger.append(ledger.record(ledger.administrators, events));

/** Each key once: root's with both thresholds, online ones with an overlap that ends, targets and `bins` with their delegators. */
export function rotations(): TestLedger {
  const ledger = begin();
  const { root, offline, online } = ledger.keys;
  const ecdsa = testEcdsaKey('root ecdsa');
  ledger.publish();
  const second = ledger.propose('root', rotated('root', [SECOND, ecdsa]), rotated('timestamp', [THIRD]));
  ledger.signWith(second, SECOND);
  ledger.say(upload('six', 'a'));
  ledger.cut();
  ledger.signWith(second, root, ecdsa);
  ledger.use('timestamp', all(THIRD, online));
  ledger.publish(TEST_EPOCH_MS + DAY_MS);
  ledger.publish(TEST_EPOCH_MS + 2 * DAY_MS - 1);
  ledger.use('timestamp', all(THIRD));
  ledger.publish(TEST_EPOCH_MS + 2 * DAY_MS);
  ledger.use('root', all(SECOND, ecdsa));
  const third = ledger.propose('root', rotated('targets', [THIRD]));
  ledger.signWith(third, SECOND, ecdsa);
  const targets = ledger.propose('targets', rotated('bins', [SECOND]));
  ledger.signWith(targets, THIRD);
  ledger.signWith(targets, offline);
  const bins = ledger.propose('bins', rotated('hashBins', [SECOND, THIRD], 1));
  ledger.signWith(bins, SECOND);
  ledger.signWith(bins, offline);
  ledger.signWith(targets, offline);
  ledger.signWith(third, ecdsa);
  ledger.use('hashBins', { keys: [THIRD], threshold: 1 });
  ledger.publish(TEST_EPOCH_MS + 3 * DAY_MS);
  return ledger;
}

/** What is taken away at once: keys of online roles, of `bins`, of administrators; and a clock and a policy that were wrong. */
export function repairs(): TestLedger {
  const ledger = begin({ roles: { snapshot: { keys: [testKey('online'), SECOND], threshold: 1 } } });
  const { root, offline, online } = ledger.keys;
  ledger.publish();
  ledger.publish(TEST_EPOCH_MS + 500 * DAY_MS);
  administrate(ledger, { type: 'clock.set', at: TEST_EPOCH_MS + 2000 });
  const { policy } = ledger.replay.state.root;
  administrate(ledger, { type: 'policy.changed', policy: { ...policy!, cutInterval: 5, overlap: 0 } });
  ledger.publish(TEST_EPOCH_MS + 3000);
  ledger.signWith(
    ledger.propose(
      'root',
      { type: 'key.revoked', role: 'snapshot', keyid: online.keyid },
      rotated('timestamp', [SECOND]),
    ),
    root,
  );
  ledger.use('snapshot', all(SECOND));
  ledger.use('timestamp', all(SECOND));
  ledger.publish(TEST_EPOCH_MS + 4000);
  const lost = ledger.propose('targets', rotated('bins', [THIRD]));
  ledger.signWith(ledger.propose('bins', rotated('hashBins', [SECOND])), THIRD);
  ledger.signWith(lost, offline);
  ledger.use('hashBins', all(SECOND));
  ledger.publish(TEST_EPOCH_MS + 5000);
  administrate(ledger, rotated('administrators', [SECOND, THIRD], 1));
  ledger.administer({ keys: [THIRD], threshold: 1 });
  administrate(ledger, { type: 'key.revoked', role: 'administrators', keyid: SECOND.keyid });
  ledger.signWith(ledger.propose('root'), root);
  ledger.publish(TEST_EPOCH_MS + 6000);
  return ledger;
}

/** Drafts and key events that are refused, each for another reason. */
export function refusedKeys(): TestLedger {
  const ledger = begin();
  const { root, offline } = ledger.keys;
  ledger.publish();
  const { event } = ledger.proposal('root');
  administrate(ledger, rotated('timestamp', [SECOND]));
  administrate(ledger, { ...event, version: 3 });
  administrate(ledger, rotated('timestamp', [SECOND]), event);
  administrate(ledger, { type: 'key.revoked', role: 'root', keyid: SECOND.keyid }, event);
  administrate(ledger, { type: 'key.revoked', role: 'root', keyid: root.keyid }, event);
  administrate(ledger, event, upload('six', 'a'));
  administrate(ledger, { ...event, role: 'dev' });
  ledger.say(event);
  ledger.signWith(ledger.propose('root', rotated('targets', [SECOND])), root);
  ledger.signWith(ledger.propose('targets', rotated('bins', [SECOND])), offline, SECOND);
  administrate(ledger, { type: 'clock.set', at: Number.MAX_SAFE_INTEGER });
  ledger.publish();
  return ledger;
}
