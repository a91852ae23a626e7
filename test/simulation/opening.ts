// The openings that histories begin with: a ledger with all its keys in hand. Each kind is made once.

import type { LedgerOpened } from '#ledger';
import { BoundedCache } from '#tuf';
import { testKey } from '../fixtures/keys.js';
import { type TestKeySet, TestLedger } from '../fixtures/test-ledger.js';
import { quickCrypto } from './quick-crypto.js';

/** What differs between openings. */
export interface OpeningChoice {
  readonly bins: number;
  /** How many of as many online keys must sign. */
  readonly onlineKeys: 1 | 2;
  /** Of all online roles, in seconds. */
  readonly lifetime: number;
}

export interface Opening {
  readonly ledger: string;
  readonly opened: LedgerOpened;
  readonly keys: TestLedger['keys'];
  readonly online: TestKeySet;
  /** The opening record. */
  readonly record: Uint8Array;
  /** The record of the signatures by the offline keys, without which no cut applies. */
  readonly offline: Uint8Array;
}

const KINDS = 100;
const made = new BoundedCache<Opening>(KINDS);

export function openingFor(choice: OpeningChoice): Opening {
  return made.get(JSON.stringify(choice), () => make(choice));
}

function make({ bins, onlineKeys, lifetime }: OpeningChoice): Opening {
  const online = {
    keys: [testKey('online'), testKey('second online')].slice(0, onlineKeys),
    threshold: onlineKeys,
  };
  const roles = { hashBins: online, snapshot: online, timestamp: online };
  const ledger = new TestLedger({ crypto: quickCrypto, count: bins, lifetime, roles }).open();
  const [record, offline] = ledger.values;
  const { opened } = ledger.replay.state.reader;
  return {
    ledger: ledger.ledger,
    opened: opened!,
    keys: ledger.keys,
    online,
    record: record!,
    offline: offline!,
  };
}
