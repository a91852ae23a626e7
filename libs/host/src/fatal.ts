// Which errors end a service, and which it outlives by beginning again from what it kept last.

import { LedgerError } from '#ledger';
import { HostError } from './errors.js';

/** Whether an error will be the same however often one tries. */
export function isFatal(error: unknown): boolean {
  if (error instanceof HostError) return true;
  if (error instanceof LedgerError) return error.code === 'rules-unknown';
  // Every other lib's errors say it themselves; what says nothing is tried again.
  return (error as { readonly retryable?: boolean } | undefined)?.retryable === false;
}
