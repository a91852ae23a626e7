// projector-targets as a process of its own: all bins, or those of one shard.

import { runProjector } from '#host';
import { planShard } from './shard-projectors.js';

await runProjector('targets', planShard);
