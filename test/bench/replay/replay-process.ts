// Folds a log file in a process of its own, on one thread and with nothing else in memory; signatures over drafts are not
// checked. Arguments: the ledger's name, the file. Prints what replayed.ts reads.

import { Replay } from '#projection';
import { nativeCrypto } from '#signing';
import { valuesOf } from './log-file.js';
import type { Replayed } from './replayed.js';

const KIB_PER_MIB = 1_024;

async function main([ledger, path]: readonly string[]): Promise<Replayed> {
  const replay = new Replay(ledger!, nativeCrypto, { draftSignatures: 'unchecked' });
  let [events, records, ms] = [0, 0, 0];
  for await (const values of valuesOf(path!)) {
    const began = performance.now();
    for (const value of values) {
      const effects = replay.next(value);
      if (!effects) continue;
      records++;
      events += effects.step.events.length;
    }
    ms += performance.now() - began;
  }
  return {
    events,
    records,
    ms,
    rootHash: replay.state.reader.rootHash,
    mib: process.resourceUsage().maxRSS / KIB_PER_MIB,
  };
}

process.stdout.write(JSON.stringify(await main(process.argv.slice(2))));
