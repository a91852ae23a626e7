// `tuf-ledger root`: the ceremonies by which root, targets and bins get their next versions.

import type { Command } from 'commander';
import type { Environment } from '../environment.js';
import { registerBytes } from './root/bytes.js';
import { registerPropose } from './root/propose.js';
import { registerSign } from './root/sign.js';
import { registerRootStatus } from './root/status.js';
import { registerSubmitProposal } from './root/submit.js';

export function registerRoot(program: Command, environment: Environment): void {
  const root = program
    .command('root')
    .description(
      'propose, sign and submit the next versions of root, targets and bins: new keys, thresholds, expiry',
    );
  registerPropose(root, environment);
  registerSign(root, environment);
  registerBytes(root, environment);
  registerSubmitProposal(root, environment);
  registerRootStatus(root, environment);
}
