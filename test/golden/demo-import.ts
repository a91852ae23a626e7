// The demo: real pages of a simple index, told to the ledger in the order of their uploads.

import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { LedgerEvent } from '#ledger';
import { nativeCrypto } from '#signing';
import type { Json } from '#tuf';
import { readPage } from '../../apps/cli/src/page.js';
import { uploadOrder } from '../../apps/cli/src/upload-order.js';
import { TestLedger } from '../fixtures/test-ledger.js';

const PAGES = new URL('../data/pep691/', import.meta.url);
/** Characters of the events of one record: in base64 they stay within the bound of a value. */
const MAX_EVENTS_TEXT = 44_000;

export function demoImport(): TestLedger {
  const ledger = new TestLedger({ count: 256, crypto: nativeCrypto }).open();
  ledger.publish();
  for (const events of batches(pageEvents())) ledger.say(...events);
  ledger.publish();
  return ledger;
}

function pageEvents(): LedgerEvent[] {
  const pages = readdirSync(PAGES).map(name => {
    const json = JSON.parse(gunzipSync(readFileSync(new URL(name, PAGES))).toString()) as Json;
    return readPage(json, name);
  });
  return uploadOrder(pages).files.flatMap(({ upload, yank }) => (yank ? [upload, yank] : [upload]));
}

function batches(events: readonly LedgerEvent[]): LedgerEvent[][] {
  const all: LedgerEvent[][] = [];
  let batch: LedgerEvent[] = [];
  let length = 0;
  for (const event of events) {
    const next = JSON.stringify(event).length + 1;
    if (length + next > MAX_EVENTS_TEXT) {
      all.push(batch);
      batch = [];
      length = 0;
    }
    batch.push(event);
    length += next;
  }
  return [...all, batch];
}
