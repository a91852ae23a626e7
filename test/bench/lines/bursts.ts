// Many files at once: one request with all of them, from its POST to the served state that covers it.

import type { Bench } from '../bench.js';
import type { Appended, LedgerClient } from '../driving/ledger-client.js';
import { type MadeFile, take } from '../driving/made-files.js';
import { servedState } from '../driving/served-state.js';
import { stateParts } from '../limits/role-costs.js';
import { largeStateParts } from '../limits/state-records.js';
import { type Figure, grouped, sumOf } from '../report/figure.js';
import { percentile } from '../statistics.js';

interface Burst {
  readonly ms: number;
  readonly appended: Appended;
}

export function measureBursts(bench: Bench): Promise<Figure[]> {
  return bench.withLedger(async client => {
    const files = bench.files();
    for (const { event } of take(files, bench.size.warmUps)) await client.publish([event]);
    const figures: Figure[] = [];
    for (const { files: count, rounds } of bench.size.bursts) {
      const bursts: Burst[] = [];
      for (let round = 0; round < rounds; round++) bursts.push(await burst(client, take(files, count)));
      figures.push(await figureOf(bench, client, count, bursts));
    }
    return figures;
  });
}

async function burst(client: LedgerClient, files: readonly MadeFile[]): Promise<Burst> {
  const events = files.map(({ event }) => event);
  const began = performance.now();
  const appended = await client.publish(events);
  return { ms: performance.now() - began, appended };
}

async function figureOf(
  bench: Bench,
  client: LedgerClient,
  count: number,
  bursts: readonly Burst[],
): Promise<Figure> {
  const costs = await bench.costs();
  const { positions, roles } = bursts.at(-1)!.appended;
  const served = await servedState(client, roles);
  const limit = sumOf([
    { what: 'HTTP request', count: 2, ms: costs.http },
    ...largeStateParts(costs, positions.length, roles.size),
    ...(await stateParts(bench.workplace, served, { bins: roles.size, states: 1 })),
    { what: 'row', count, ms: costs.row },
  ]);
  const times = bursts.map(({ ms }) => ms);
  const name = `${grouped(count)} files in one request: POST to served state, median of ${times.length}`;
  return { key: `burst.${count}`, name, unit: 'ms', value: percentile(times, 50), limit };
}
