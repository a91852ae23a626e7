// Files from several posters at once, each of which waits until a request is published before it sends the next.

import type { Bench } from '../bench.js';
import type { LedgerClient } from '../driving/ledger-client.js';
import { type MadeFile, take } from '../driving/made-files.js';
import { servedState } from '../driving/served-state.js';
import { stateParts } from '../limits/role-costs.js';
import { largeStateParts, smallStateParts } from '../limits/state-records.js';
import { type Figure, grouped, rateOf } from '../report/figure.js';
import { timed } from '../statistics.js';

const POSTERS = 8;
/** Files of one request, by run. */
const REQUEST_FILES = [10, 100];
/** Requests of more files than this fill their records. */
const SMALL_REQUEST = 10;

export function measurePosters(bench: Bench): Promise<Figure[]> {
  return bench.withLedger(async client => {
    const files = bench.files();
    for (const { event } of take(files, bench.size.warmUps)) await client.publish([event]);
    const figures: Figure[] = [];
    for (const perRequest of REQUEST_FILES) figures.push(await measure(bench, client, files, perRequest));
    return figures;
  });
}

async function measure(
  bench: Bench,
  client: LedgerClient,
  files: Iterator<MadeFile, never>,
  perRequest: number,
): Promise<Figure> {
  const count = bench.size.posterFiles;
  const roles = new Set<string>();
  let left = count;
  const poster = async () => {
    while (left > 0) {
      const events = take(files, Math.min(left, perRequest)).map(({ event }) => event);
      left -= events.length;
      for (const role of (await client.publish(events)).roles) roles.add(role);
    }
  };
  const ms = await timed(() => Promise.all(Array.from({ length: POSTERS }, poster)));
  return {
    key: `posters.${perRequest}`,
    name: `${POSTERS} posters, ${grouped(count)} files in requests of ${perRequest}, each waits until published`,
    unit: 'files/s',
    value: count / (ms / 1000),
    limit: await limitOf(bench, client, perRequest, roles),
  };
}

/** Of one round: a request of each poster, and the state that publishes them all. */
async function limitOf(bench: Bench, client: LedgerClient, perRequest: number, roles: Iterable<string>) {
  const costs = await bench.costs();
  const perRound = POSTERS * perRequest;
  const bins = distinctBins(bench.bins, perRound);
  const records =
    perRequest > SMALL_REQUEST ? largeStateParts(costs, POSTERS, bins) : smallStateParts(costs, POSTERS);
  return rateOf(perRound, [
    { what: 'HTTP request', count: POSTERS, ms: costs.http },
    ...records,
    ...(await stateParts(bench.workplace, await servedState(client, roles), { bins, states: 1 })),
    { what: 'row', count: perRound, ms: costs.row },
  ]);
}

/** How many of so many bins that many files fall into, on average. */
function distinctBins(bins: number, files: number): number {
  return Math.round(bins * (1 - (1 - 1 / bins) ** files));
}
