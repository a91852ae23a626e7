// The figures to reach on two cores, at 16,384 bins; most of them at full size only.

import type { GroundName } from './line.js';
import type { Figure } from './report/figure.js';
import type { SizeName } from './sizes.js';

const BINS = 16_384;
const GIBIBYTE = 1_024;

type Target = number | ((limit: number) => number);

/** By the key of a figure and in its unit; a function where the target follows from the limit. */
const AT_ANY_SIZE: Readonly<Record<string, Target>> = {
  'opening.process': 5_000,
  'upload.empty.p50': 30,
  'upload.empty.p95': 75,
  'burst.100': 300,
  'burst.1000': 1_000,
  'burst.10000': 5_000,
};
const AT_FULL_SIZE: Readonly<Record<string, Target>> = {
  'upload.there.p50': 30,
  'upload.there.p95': 75,
  'upload.growth': 1.3,
  'posters.10': 1_000,
  'posters.100': 3_000,
  import: 60_000,
  reissue: limit => 1.5 * limit,
  'memory.ledger': GIBIBYTE,
  'memory.postgres': GIBIBYTE,
  'replay.log': 80_000,
  'replay.made.100': 80_000,
};

/** The same of a ledger whose services are processes of their own, all of them and Kafka on the two cores. */
const CLUSTER_AT_ANY_SIZE: Readonly<Record<string, Target>> = {
  'upload.empty.p50': 80,
  'upload.empty.p95': 200,
};
const CLUSTER_AT_FULL_SIZE: Readonly<Record<string, Target>> = {
  'upload.there.p50': 80,
  'upload.there.p95': 200,
  'posters.10': 600,
  'posters.100': 2_000,
  import: 120_000,
  'catchup.tuf_root': 50_000,
  'catchup.tuf_targets': 50_000,
  'catchup.tuf_snapshot': 50_000,
};
const TARGETS = {
  process: { any: AT_ANY_SIZE, full: AT_FULL_SIZE },
  cluster: { any: CLUSTER_AT_ANY_SIZE, full: CLUSTER_AT_FULL_SIZE },
} satisfies Record<GroundName, unknown>;

/** The target of a figure, or undefined where it has none in a run of that size. */
export function targetOf(
  { key, limit }: Figure,
  run: { readonly bins: number; readonly size: SizeName; readonly ground: GroundName },
): number | undefined {
  if (run.bins !== BINS) return undefined;
  const { any, full } = TARGETS[run.ground];
  const target = any[key] ?? (run.size === 'full' ? full[key] : undefined);
  return typeof target === 'function' ? target(limit.value) : target;
}
