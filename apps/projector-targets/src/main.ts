// projector-targets as a process of its own.

import { runProjector } from '#host';
import { WHOLE } from '#projection';
import { TargetsProjection } from './targets-projection.js';

await runProjector('targets', (ground, crypto) => new TargetsProjection(ground, WHOLE, crypto));
