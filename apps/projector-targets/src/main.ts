// projector-targets as a process of its own: all bins, or those of one shard.

import { runProjector } from '#host';
import { claimProjectors, shardOfSettings } from './shard-projectors.js';

await runProjector('targets', (settings, { opened }) => {
  // Without a ledger there are no bins, and the start fails anyway.
  const shard = shardOfSettings(settings, opened.bins?.count ?? 1);
  return ({ ground, crypto, projectorOf }) => claimProjectors(shard, ground, crypto, projectorOf);
});
