// Trying again. Safe for all that the command line sends as events: the ledger takes an event that it holds already as no
// change (natural idempotence), so a request whose answer was lost may be sent again.

import type { Environment } from './environment.js';
import { CliError } from './errors.js';

/** Tries of one request: the first and seven more, over about half a minute. */
const MAX_ATTEMPTS = 8;
/** Milliseconds before the second try; each later wait is twice the one before. */
const FIRST_WAIT_MS = 250;
/** The longest wait, a server's Retry-After included, in milliseconds. */
const MAX_WAIT_MS = 15_000;

/** A retryable error of a server that said when to come back. */
export class BusyError extends CliError {
  constructor(
    detail: string,
    advice: string,
    readonly retryAfterMs: number | undefined,
  ) {
    super('server-busy', detail, advice);
  }
}

/**
 * Runs `attempt` until it succeeds, fails for good, or has been tried MAX_ATTEMPTS times.
 * Gives its result and how often it was tried. @throws what the last attempt threw.
 */
export async function withRetries<T>(
  environment: Pick<Environment, 'sleep'>,
  attempt: () => Promise<T>,
): Promise<{ result: T; attempts: number }> {
  for (let attempts = 1; ; attempts++) {
    try {
      return { result: await attempt(), attempts };
    } catch (error) {
      if (!(error instanceof CliError) || !error.retryable || attempts === MAX_ATTEMPTS) throw error;
      await environment.sleep(waitAfter(attempts, error));
    }
  }
}

function waitAfter(attempts: number, error: CliError): number {
  const asked = error instanceof BusyError ? error.retryAfterMs : undefined;
  return Math.min(asked ?? FIRST_WAIT_MS * 2 ** (attempts - 1), MAX_WAIT_MS);
}
