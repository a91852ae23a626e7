// A new projector on an old log: its rows are dropped, and it is timed from its start until it has committed what is in the log.

import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Bench } from '../bench.js';
import type { ClusterLedger } from '../driving/cluster-ledger.js';
import type { Imported } from '../driving/imported.js';
import { type Figure, grouped, rateOf } from '../report/figure.js';

const LOOK_PAUSE_MS = 50;
/** Milliseconds that one may take. */
const LIMIT_MS = 1_800_000;
/** Where a table, or its schema, is not there yet (SQLSTATE). */
const MISSING = ['42P01', '3F000'];
/** The projectors, by the schema of their rows. */
const PROJECTORS = {
  tuf_root: ['projector-root'],
  tuf_targets: ['projector-targets-1', 'projector-targets-2'],
  tuf_snapshot: ['projector-snapshot'],
} as const;

type Schema = keyof typeof PROJECTORS;

export async function measureCatchUp(bench: Bench<ClusterLedger>): Promise<Figure[]> {
  const imported = await bench.imported();
  const { ledger } = imported.parts;
  const postgres = new pg.Client({ connectionString: ledger.cluster.postgres.url });
  await postgres.connect();
  try {
    const figures: Figure[] = [];
    for (const schema of Object.keys(PROJECTORS) as Schema[]) {
      bench.say(`catch-up: ${PROJECTORS[schema].join(', ')}`);
      const ms = await catchUp(ledger, postgres, schema);
      figures.push(await figureOf(bench, imported, schema, ms));
    }
    return figures;
  } finally {
    await postgres.end();
  }
}

/** Milliseconds from the start of these services, which have no rows, until they have committed all that is in the log. */
async function catchUp({ cluster }: ClusterLedger, postgres: pg.Client, schema: Schema): Promise<number> {
  const services = PROJECTORS[schema].map(name => cluster.service(name));
  const position = await positionOf(postgres, schema);
  await Promise.all(services.map(service => service.end('SIGTERM')));
  await postgres.query(`DROP SCHEMA ${schema} CASCADE`);
  const began = performance.now();
  for (const service of services) service.launch();
  while ((await positionOf(postgres, schema)) < position) {
    const dead = services.find(service => !service.isRunning);
    if (dead) throw new Error(`${dead.start.name} has ended: ${await dead.lastWords()}`);
    if (performance.now() - began > LIMIT_MS) throw new Error(`${schema} has not caught up in time.`);
    await pause(LOOK_PAUSE_MS);
  }
  return performance.now() - began;
}

/** Records whose effects are committed in all shards. */
async function positionOf(postgres: pg.Client, schema: Schema): Promise<number> {
  try {
    const { rows } = await postgres.query<{ position: string | null; shards: string }>(
      `SELECT min(position) AS position, count(*) AS shards FROM ${schema}.progress`,
    );
    const [{ position, shards }] = rows as [(typeof rows)[0]];
    return Number(shards) < PROJECTORS[schema].length ? 0 : Number(position);
  } catch (error) {
    if (MISSING.includes((error as pg.DatabaseError).code ?? '')) return 0;
    throw error;
  }
}

/** Each record verified and read; for projector-targets each path hashed and its row written too. */
async function figureOf(
  bench: Bench<ClusterLedger>,
  { parts }: Imported<ClusterLedger>,
  schema: Schema,
  ms: number,
): Promise<Figure> {
  const costs = await bench.costs();
  const { importFiles: events } = bench.size;
  const services = PROJECTORS[schema];
  const rows = [
    { what: 'SHA-256 of a path', count: events, ms: costs.hash },
    { what: 'row', count: events, ms: costs.row },
  ];
  return {
    key: `catchup.${schema}`,
    name: `${services.join(' and ')}, new, on the log of ${grouped(events)} files: start of the process to the last commit`,
    unit: 'events/s',
    value: events / (ms / 1000),
    limit: rateOf(events, [
      { what: 'verification', count: parts.took.records, ms: costs.fullVerify },
      { what: '64 kB read', count: parts.took.records, ms: costs.fullRead },
      ...(schema === 'tuf_targets' ? rows : []),
    ]),
  };
}
