/** What can go wrong when a record is made or a ledger is read; rejections of events are not errors (see rejection.ts). */
export type LedgerErrorCode = 'record-too-large' | 'record-malformed' | 'rules-unknown' | 'opening-invalid';

/** An error of this lib. None is worth retrying with the same input. */
export class LedgerError extends Error {
  readonly retryable = false;

  constructor(
    readonly code: LedgerErrorCode,
    message: string,
  ) {
    super(message);
    this.name = 'LedgerError';
  }
}
