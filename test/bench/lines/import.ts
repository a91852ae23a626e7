// A whole index into an empty ledger, from the first request to the served state that covers the last file.

import type { Bench } from '../bench.js';
import { servedState } from '../driving/served-state.js';
import { stateParts } from '../limits/role-costs.js';
import { largeStateParts } from '../limits/state-records.js';
import { type Figure, grouped, sumOf } from '../report/figure.js';

export async function measureImport(bench: Bench): Promise<Figure[]> {
  const { took, client } = (await bench.imported()).parts;
  const costs = await bench.costs();
  const { importFiles: count } = bench.size;
  const limit = sumOf([
    ...largeStateParts(costs, took.records, bench.bins),
    { what: 'row', count, ms: costs.row },
    ...(await stateParts(bench.workplace, await servedState(client), { bins: bench.bins, states: 1 })),
  ]);
  const name = `import of ${grouped(count)} files, first record to served state (${grouped(took.states)} states on the way)`;
  return [{ key: 'import', name, unit: 'ms', value: took.ms, limit }];
}
