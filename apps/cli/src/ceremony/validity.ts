import { CliError } from '../errors.js';
import type { Proposal } from './proposal-file.js';

/** Clients refuse a version that has expired, so nobody should sign or submit one. `now` is in milliseconds. @throws CliError `proposal-expired`. */
export function requireValid({ role, draft }: Proposal, now: number): void {
  if (Date.parse(draft.expires) > now) return;
  throw new CliError(
    'proposal-expired',
    `${role} ${draft.version} as proposed expired at ${draft.expires}.`,
    'Have it proposed anew, with --days.',
  );
}
