// projector-timestamp as a process of its own.

import { runProjector } from '#host';
import { TimestampProjection } from './timestamp-projection.js';

await runProjector('timestamp', () => ({ ground, crypto, projectorOf }) => [
  projectorOf(new TimestampProjection(ground, crypto)),
]);
