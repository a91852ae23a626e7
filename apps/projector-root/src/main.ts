// projector-root as a process of its own.

import { runProjector } from '#host';
import { RootProjection } from './root-projection.js';

await runProjector('root', () => ({ ground, projectorOf }) => [projectorOf(new RootProjection(ground))]);
