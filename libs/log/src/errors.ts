/** Errors of the log. Each message tells what was wrong and where, then what to do. */

export type LogErrorCode =
  | 'log-unavailable'
  | 'log-busy'
  | 'value-too-large'
  | 'log-closed'
  | 'log-shape'
  | 'log-denied'
  | 'log-forked';

interface Kind {
  readonly retryable: boolean;
  readonly advice: string;
}

const KINDS: Readonly<Record<LogErrorCode, Kind>> = {
  'log-unavailable': {
    retryable: true,
    advice: 'Try again later. What was to be appended may be in the log already: append the same bytes.',
  },
  'log-busy': {
    retryable: true,
    advice: 'Nothing was appended. Append again when earlier appends are done.',
  },
  'value-too-large': { retryable: false, advice: 'Nothing was appended. Split the append or the value.' },
  'log-closed': { retryable: false, advice: 'Open the log again.' },
  'log-shape': {
    retryable: false,
    advice: 'Point the service at the log that it was made for, or repair it.',
  },
  'log-denied': {
    retryable: false,
    advice: 'Correct the user and password, or have the rights granted, then start again.',
  },
  'log-forked': {
    retryable: false,
    advice: 'Do not go on: find out which log is the true one, then rebuild what was derived from the other.',
  },
};

/**
 * What an operation on a log fails with. `retryable` says whether the same call may succeed later
 * without anyone's change to program or configuration.
 */
export class LogError extends Error {
  readonly code: LogErrorCode;
  readonly retryable: boolean;

  /** `detail` is a sentence: what was wrong and where. What to do follows from the code. */
  constructor(code: LogErrorCode, detail: string, options?: ErrorOptions) {
    super(`${detail} ${KINDS[code].advice}`, options);
    this.name = 'LogError';
    this.code = code;
    this.retryable = KINDS[code].retryable;
  }
}

/** `error` itself if it is a LogError, else a retryable `log-unavailable` that names it. */
export function asLogError(error: unknown, doing: string): LogError {
  if (error instanceof LogError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new LogError('log-unavailable', `${doing} failed: ${reason}.`, { cause: error });
}
