// Every bin issued anew, with the imported files in them. No event of rules 1 asks for that, so one file is uploaded into each
// bin, as one burst: requests of 8,192 events, sent at once.

import { binOfName } from '#projection';
import { nativeCrypto } from '#signing';
import type { Bench } from '../bench.js';
import type { MadeFile } from '../driving/made-files.js';
import { servedState } from '../driving/served-state.js';
import { stateParts } from '../limits/role-costs.js';
import { largeStateParts } from '../limits/state-records.js';
import { type Figure, grouped, sumOf } from '../report/figure.js';

/** Events of one request; the gateway takes 10,000. */
const REQUEST_EVENTS = 8_192;

export async function measureReissue(bench: Bench): Promise<Figure[]> {
  const { client, further } = (await bench.imported()).parts;
  const events = eventsInEveryBin(further, bench.bins);
  const before = await client.reached(1);
  const began = performance.now();
  const appended = await Promise.all(requestsOf(events).map(request => client.append(request, false)));
  const positions = appended.flatMap(({ positions }) => positions);
  const states = (await client.covered(Math.max(...positions))) - before;
  const ms = performance.now() - began;
  const costs = await bench.costs();
  const limit = sumOf([
    ...largeStateParts(costs, positions.length, bench.bins),
    ...(await stateParts(bench.workplace, await servedState(client), { bins: bench.bins, states: 1 })),
  ]);
  const there = grouped(bench.size.importFiles);
  const name = `re-issue of all ${grouped(bench.bins)} bins with ${there} files in them, by an upload into each (${states} states)`;
  return [{ key: 'reissue', name, unit: 'ms', value: ms, limit }];
}

/** One event for each bin, from the next files that fall into it. */
function eventsInEveryBin(files: Iterator<MadeFile, never>, bins: number): string[] {
  const found = new Map<number, string>();
  while (found.size < bins) {
    const { path, event } = files.next().value;
    const bin = binOfName(path, bins, nativeCrypto);
    if (!found.has(bin)) found.set(bin, event);
  }
  return [...found.values()];
}

function requestsOf(events: readonly string[]): string[][] {
  const requests: string[][] = [];
  for (let i = 0; i < events.length; i += REQUEST_EVENTS) requests.push(events.slice(i, i + REQUEST_EVENTS));
  return requests;
}
