// A ledger under measurement, whatever it runs on.

import type { LedgerClient } from './ledger-client.js';

export interface MeasuredLedger {
  /** The process that all its processes descend from. */
  readonly pid: number;
  /** An error of whoever used it, with what became of the ledger and the last that it complained of. */
  explain(error: unknown): Promise<Error>;
  /** Stops it with all that it stands on. Calling it twice is no error. */
  stop(): Promise<void>;
}

/** A ledger that was started, and who asks it. */
export interface Opened<L extends MeasuredLedger = MeasuredLedger> {
  readonly ledger: L;
  readonly client: LedgerClient;
}
