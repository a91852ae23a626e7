// The projectors of a shard. One folds it all; only where its bins come from shards that stood at different positions there is one
// for each of those parts. They share the process's reading, so those behind catch up, and the next start joins them.

import {
  type AheadCrypto,
  type FactGround,
  Projector,
  type ProjectorPlan,
  type ServiceFold,
  type Settings,
} from '#host';
import { parseShardChoice, type Shard, shardOf, WHOLE } from '#projection';
import { claimShard } from '#store';
import { joinSaved } from './saved-fold.js';
import { TargetsProjection } from './targets-projection.js';

/** The bins that TUF_LEDGER_SHARD names, `2/3` being the second of three equal shards; all where it is absent. */
export function shardOfSettings(settings: Settings, binCount: number): Shard {
  const text = settings.optional('TUF_LEDGER_SHARD');
  if (text === undefined) return WHOLE;
  const choice = parseShardChoice(text);
  const shard = choice && shardOf(choice, binCount);
  if (!shard)
    settings.faults.push(
      `TUF_LEDGER_SHARD is "${text}"; it must be i/n, the i-th of n shards, n being at most ${binCount}, the number of bins.`,
    );
  return shard ?? WHOLE;
}

/**
 * Makes the bins of a shard this process's own (libs/store/src/shard-claim.ts), and gives the projectors that fold them; all of
 * them for one reading. To be called once, when the service starts.
 */
export async function claimProjectors(
  shard: Shard,
  ground: FactGround,
  crypto: AheadCrypto,
  projectorOf: (fold: ServiceFold) => Projector = fold => new Projector(fold, ground),
): Promise<Projector[]> {
  const shards = await claimShard(ground.sources.targets, shard, joinSaved);
  return shards.map(part => projectorOf(new TargetsProjection(ground, part, crypto)));
}

/** The process of a shard. */
export const planShard: ProjectorPlan = (settings, { opened }) => {
  // Without a ledger there are no bins, and the start fails anyway.
  const shard = shardOfSettings(settings, opened.bins?.count ?? 1);
  return ({ ground, crypto, projectorOf }) => claimProjectors(shard, ground, crypto, projectorOf);
};
