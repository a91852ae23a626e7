// One upload, from its POST to the served timestamp that covers it: with nothing there, and with many files there.

import type { Bench } from '../bench.js';
import type { LedgerClient } from '../driving/ledger-client.js';
import { fill } from '../driving/posting.js';
import { servedState } from '../driving/served-state.js';
import { type TimedUploads, timeUploads } from '../driving/uploads.js';
import { stateParts } from '../limits/role-costs.js';
import { smallStateParts } from '../limits/state-records.js';
import { type Figure, grouped, type Limit, sumOf } from '../report/figure.js';
import { percentile } from '../statistics.js';

/** The upload itself, and the look at the timestamp. */
const REQUESTS = 2;

export function measureUploads(bench: Bench): Promise<Figure[]> {
  return bench.withLedger(async client => {
    const files = bench.files();
    const { size } = bench;
    const empty = await timeUploads(client, files, size);
    const emptyLimit = await uploadLimit(bench, client, empty);
    bench.say(`upload: filling in ${grouped(size.filesThere)} files`);
    await fill(client, files, size.filesThere);
    const there = await timeUploads(client, files, size);
    const there50 = percentile(there.times, 50);
    return [
      ...figuresOf('empty', 'nothing there', empty, emptyLimit),
      ...figuresOf(
        'there',
        `${grouped(size.filesThere)} files there`,
        there,
        await uploadLimit(bench, client, there),
      ),
      {
        key: 'upload.growth',
        name: `growth of its median with ${grouped(size.filesThere)} files`,
        unit: 'times',
        value: there50 / percentile(empty.times, 50),
        limit: { value: 1, of: 'no growth' },
      },
    ];
  });
}

function figuresOf(key: string, where: string, { times }: TimedUploads, limit: Limit): Figure[] {
  return [50, 95].map(p => ({
    key: `upload.${key}.p${p}`,
    name: `one upload, ${where}: POST to served timestamp, p${p}`,
    unit: 'ms',
    value: percentile(times, p),
    limit,
  }));
}

async function uploadLimit(bench: Bench, client: LedgerClient, { roles }: TimedUploads): Promise<Limit> {
  const costs = await bench.costs();
  const served = await servedState(client, roles);
  return sumOf([
    { what: 'HTTP request', count: REQUESTS, ms: costs.http },
    ...smallStateParts(costs, 1),
    ...(await stateParts(bench.workplace, served, { bins: 1, states: 1 })),
  ]);
}
