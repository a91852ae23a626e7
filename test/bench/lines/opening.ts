// Opening an empty ledger, from the start of its process to its first served state.

import type { Bench } from '../bench.js';
import type { LedgerProcess } from '../driving/ledger-process.js';
import { type ServedState, servedState } from '../driving/served-state.js';
import { stateParts } from '../limits/role-costs.js';
import { largeStateParts } from '../limits/state-records.js';
import { type Figure, grouped, type Part, sumOf } from '../report/figure.js';

/** The opening, and the signatures over its drafts. */
const OPENING_RECORDS = 2;

interface Opening {
  /** Milliseconds from the start of the process, and from when its Postgres ran and its keys were made. */
  readonly process: number;
  readonly alone: number;
  readonly served: ServedState;
}

export async function measureOpening(bench: Bench<LedgerProcess>): Promise<Figure[]> {
  const { process, alone, served } = await bench.withLedger(async (client, ledger): Promise<Opening> => {
    const process = performance.now() - ledger.startedAt;
    return { process, alone: await openingAlone(ledger), served: await servedState(client) };
  });
  const costs = await bench.costs();
  const state = [
    ...largeStateParts(costs, OPENING_RECORDS, bench.bins),
    ...(await stateParts(bench.workplace, served, { bins: bench.bins, states: 1 })),
  ];
  const start: Part = { what: 'start of Postgres', count: 1, ms: costs.postgresStart };
  const name = `opening an empty ledger of ${grouped(bench.bins)} bins`;
  return [
    {
      key: 'opening.process',
      name: `${name}: start of its process to first served state`,
      unit: 'ms',
      value: process,
      limit: sumOf([start, ...state]),
    },
    {
      key: 'opening.alone',
      name: `${name}: from when its Postgres runs`,
      unit: 'ms',
      value: alone,
      limit: sumOf(state),
    },
  ];
}

/** The file of the ledger's name is written when Postgres runs and before anything is appended. */
async function openingAlone(ledger: LedgerProcess): Promise<number> {
  const served = await ledger.writtenAt('repository/timestamp.json');
  return served - (await ledger.writtenAt('ledger.json'));
}
