// The deliberate bugs, each of which the simulation must find.

import type { Bug } from './bug.js';
import { foldWithClock } from './bugs/fold-with-clock.js';
import { forgetfulSigner } from './bugs/forgetful-signer.js';
import { lostResponse } from './bugs/lost-response.js';
import { noCompare } from './bugs/no-compare.js';
import { progressFirst } from './bugs/progress-first.js';
import { reusedSequence } from './bugs/reused-sequence.js';
import { rollbackAfterRestart } from './bugs/rollback-after-restart.js';
import { timestampFirst } from './bugs/timestamp-first.js';

export const BUGS: readonly Bug[] = [
  lostResponse,
  timestampFirst,
  foldWithClock,
  forgetfulSigner,
  progressFirst,
  noCompare,
  rollbackAfterRestart,
  reusedSequence,
];
