/**
 * The log: the port behind which the ledger's only truth lives.
 *
 * A log is one sequence of values, opaque bytes, each at an offset that the log gives it. What a value means,
 * whether it counts at all, and its rank among those that count, are not the log's affair.
 *
 * What every adapter promises:
 *
 * - Order. Offsets ascend in the order of the log, and every reader sees the same value at the same offset, for
 *   ever. No value appears below one that was already readable. Offsets may have gaps (a broker's own markers take
 *   offsets too), so a reader goes on from the last offset it saw plus one.
 * - Acknowledged means read back. `append` resolves only when each value has been read from the log after it was
 *   committed. A value that was acknowledged outlives a crash of this process, and of the log's machine as far as
 *   the log's own durability goes (fsync, replicas).
 * - At least once. An append that rejects may be in the log wholly, in part, or not at all, and a value may stand
 *   there twice. Whoever reads must be idempotent.
 * - Atomicity. None beyond one value: the values of one `append` stand in their order, normally side by side, but
 *   after a fault other producers' values may come between them.
 * - Many producers. Any number of processes may append. A process has one send in flight per `Log`.
 *
 * Trust: none. A log may be written to by anyone whom the broker lets in, and an owner of the broker can hold
 * values back or rewrite them. What counts is decided by signatures inside the values, and a rewritten log is
 * found out by those who remember the root of its prefix.
 */

/** Largest value that `append` takes, in bytes. Records are far smaller; real logs hold noise as well. */
export const MAX_VALUE_BYTES = 1_048_576;

/** A value of the log. An absent value (a broker's null) reads as an empty one. */
export interface LogEntry {
  /** Where the log holds it: 0 to 2^53-1. */
  readonly offset: number;
  readonly value: Uint8Array;
}

/** How much one `read` returns, and how long it waits. */
export interface ReadLimit {
  /** At most so many bytes of values, except that a single larger value is returned alone. At least 1. */
  readonly maxBytes: number;
  /** At most so many entries. At least 1. */
  readonly maxEntries: number;
  /** How long to wait, in milliseconds, while there is no entry. 0 answers at once. */
  readonly waitMs: number;
  /** Ends the wait early: the answer is then what there is, perhaps nothing. */
  readonly signal?: AbortSignal;
}

/** The first offset kept and the offset that the next entry will get at the earliest. Equal when empty. */
export interface LogBounds {
  readonly start: number;
  readonly end: number;
}

export interface Log {
  /**
   * Appends values, each 0 to `MAX_VALUE_BYTES` bytes, in their order and as one batch; concurrent calls are
   * gathered into batches. Resolves to their offsets once each was read back. The values must not be changed before
   * that. Rejects with a `LogError`: `value-too-large` (a value, or all together more than a batch holds),
   * `log-busy` (too much is queued), `log-unavailable` (outcome unknown), `log-closed`, `log-shape`.
   *
   * What "read back" means when equal bytes are in the log more than once: the values of one call are matched in
   * order, each with an entry of equal bytes that no other call has taken, at or after the end of the log as it was
   * known when the batch began. So after a fault an equal value that another producer wrote in the meantime
   * acknowledges this one: its bytes are in the log, at the offset returned, and a second copy would add nothing.
   * Likewise, appending the same bytes again after `log-unavailable` finds what the first attempt left there.
   */
  append(values: readonly Uint8Array[]): Promise<readonly number[]>;

  /**
   * Entries with offsets from `from` on, ascending. An empty answer means that nothing was there at or after `from`
   * when the wait ended: the reader is at the tail. Rejects with a `LogError`: `log-unavailable`, `log-closed`.
   */
  read(from: number, limit: ReadLimit): Promise<readonly LogEntry[]>;

  /** The log's bounds now. A start above what a reader has yet to read, or an end below what it has read, is a fork. */
  bounds(): Promise<LogBounds>;

  /**
   * Lets the send in flight come to its end; rejects all else that is queued or waiting, and every later call, with
   * `log-closed`. Closing twice is no error.
   */
  close(): Promise<void>;
}
