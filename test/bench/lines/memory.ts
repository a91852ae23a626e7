// Peak memory of the ledger that took the import and what was measured on it since, beside what it had when it was empty.

import type { Bench } from '../bench.js';
import { LEDGER, type Peaks } from '../driving/process-memory.js';
import type { Figure, Limit } from '../report/figure.js';

export async function measureMemory(bench: Bench): Promise<Figure[]> {
  const { watch, atOpening } = (await bench.imported()).parts;
  const peaks = await watch.peaks();
  const figures = [
    figureOf('memory.ledger', 'peak memory of the ledger process', peaks, atOpening, ledgerOf),
    figureOf(
      'memory.postgres',
      'peak memory of the largest process of Postgres, shared buffers included',
      peaks,
      atOpening,
      largestOf,
    ),
    figureOf(
      'memory.postgres.all',
      'peak memory of all processes of Postgres, shared memory once',
      peaks,
      atOpening,
      ({ postgresMib }) => postgresMib,
    ),
  ];
  return figures.filter(figure => figure !== undefined);
}

/** Undefined where the system does not tell. */
function figureOf(
  key: string,
  name: string,
  peaks: Peaks,
  atOpening: Peaks,
  read: (peaks: Peaks) => number | undefined,
): Figure | undefined {
  const [value, empty] = [read(peaks), read(atOpening)];
  if (value === undefined || empty === undefined) return undefined;
  const limit: Limit = { value: empty, of: 'the same with an empty ledger' };
  return { key, name, unit: 'MiB', value, limit };
}

function ledgerOf({ processes }: Peaks): number | undefined {
  return processes.find(({ name }) => name === LEDGER)?.mib;
}

function largestOf({ processes }: Peaks): number | undefined {
  return processes.find(({ name }) => name.startsWith('postgres'))?.mib;
}
