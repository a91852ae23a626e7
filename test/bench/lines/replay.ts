// Pure replay: all folds over a log, on one thread, with no Postgres and no network; signatures over drafts are not checked. The
// import's own log first, then made ones with records of 100, 10 and 1 events.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from '../bench.js';
import type { LedgerProcess } from '../driving/ledger-process.js';
import type { Costs } from '../limits/costs.js';
import { makeLog } from '../replay/made-log.js';
import { type Replayed, replayFile } from '../replay/replayed.js';
import { type Figure, grouped, type Limit, rateOf } from '../report/figure.js';

const MADE_RECORDS = [100, 10, 1];
/** A full record's bytes, of which base64 and JSON reading take time in proportion. */
const FULL_BYTES = 65_000;

export async function measureReplay(bench: Bench<LedgerProcess>): Promise<Figure[]> {
  return [...(await importedLog(bench)), ...(await madeLogs(bench))];
}

async function importedLog(bench: Bench<LedgerProcess>): Promise<Figure[]> {
  const imported = await bench.imported();
  const log = await imported.log(() => bench.workplace.folder('log'));
  const { ledger: process } = imported.parts;
  const { ledger } = JSON.parse(await readFile(join(process.folder, 'ledger.json'), 'utf8'));
  await process.stop();
  bench.say(`replaying ${grouped(log.values)} records`);
  const replayed = await replayFile(ledger, log.path, bench.workplace.signal);
  const costs = await bench.costs();
  const name = `pure replay of the import's log, ${grouped(replayed.events)} events`;
  return [
    {
      key: 'replay.log',
      name,
      unit: 'events/s',
      value: rate(replayed),
      limit: limitOf(costs, replayed, log.bytes),
    },
    {
      key: 'replay.memory',
      name: 'peak memory of that replay',
      unit: 'MiB',
      value: replayed.mib,
      limit: { value: log.bytes / 2 ** 20, of: "the bytes of the log's values" },
    },
  ];
}

async function madeLogs(bench: Bench<LedgerProcess>): Promise<Figure[]> {
  const figures: Figure[] = [];
  const files = bench.files();
  const costs = await bench.costs();
  for (const perRecord of MADE_RECORDS) {
    const count = { events: bench.size.madeEvents, perRecord };
    const { ledger, file } = await makeLog(await bench.workplace.folder('made'), bench.bins, files, count);
    const replayed = await replayFile(ledger, file.path, bench.workplace.signal);
    const name = `replay of ${grouped(count.events)} uploads alone, ${perRecord} a record`;
    const limit = limitOf(costs, replayed, file.bytes);
    figures.push({ key: `replay.made.${perRecord}`, name, unit: 'events/s', value: rate(replayed), limit });
  }
  return figures;
}

function rate({ events, ms }: Replayed): number {
  return events / (ms / 1000);
}

/** Each record verified and hashed, its bytes read, each path hashed. */
function limitOf(costs: Costs, { events, records }: Replayed, bytes: number): Limit {
  const large = bytes / records > FULL_BYTES / 8;
  return rateOf(events, [
    { what: 'verification', count: records, ms: large ? costs.fullVerify : costs.verify },
    { what: '64 kB read', count: Math.ceil(bytes / FULL_BYTES), ms: costs.fullRead },
    { what: 'SHA-256 of a path', count: events, ms: costs.hash },
  ]);
}
