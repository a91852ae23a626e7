// projector-snapshot as a process of its own.

import { runProjector } from '#host';
import { SnapshotProjection } from './snapshot-projection.js';

await runProjector('snapshot', () => ({ ground, crypto, projectorOf }) => [
  projectorOf(new SnapshotProjection(ground, crypto)),
]);
