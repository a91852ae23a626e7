import type { LogError } from './errors.js';
import type { LogEntry } from './log.js';

/** One caller's append: its values, and the offsets of those already found in the log. */
export class PendingAppend {
  readonly values: readonly Uint8Array[];
  readonly offsets: number[] = [];
  readonly outcome: Promise<readonly number[]>;
  #resolve!: (offsets: readonly number[]) => void;
  #reject!: (error: LogError) => void;

  constructor(values: readonly Uint8Array[]) {
    this.values = values;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get confirmed(): boolean {
    return this.offsets.length === this.values.length;
  }

  /** Takes the entry as its next value, if it comes after the ones before and has the same bytes. */
  claim(entry: LogEntry): boolean {
    const next = this.values[this.offsets.length];
    if (next === undefined || entry.offset <= (this.offsets.at(-1) ?? -1)) return false;
    if (!sameBytes(next, entry.value)) return false;
    this.offsets.push(entry.offset);
    return true;
  }

  /** Tells the caller: its offsets if all were found, else `error`. */
  settle(error: LogError): void {
    if (this.confirmed) this.#resolve(this.offsets);
    else this.#reject(error);
  }
}

/** The appends that are sent together, and what of them has been found in the log. */
export class Batch {
  readonly #appends: readonly PendingAppend[];
  readonly #claimed: Set<number>;
  #firstOpen = 0;

  /** `acknowledged`: offsets that were given to earlier callers, and are not to be given again. */
  constructor(appends: readonly PendingAppend[], acknowledged: Iterable<number>) {
    this.#appends = appends;
    this.#claimed = new Set(acknowledged);
  }

  get confirmed(): boolean {
    return this.#firstOpen === this.#appends.length;
  }

  /** The offsets of the appends that were found wholly. */
  get acknowledged(): number[] {
    return this.#appends.flatMap(append => (append.confirmed ? append.offsets : []));
  }

  /** The values not yet found, in the order to send them. */
  missing(): Uint8Array[] {
    return this.#appends.flatMap(append => append.values.slice(append.offsets.length));
  }

  /** Gives an entry of the log to the first append that waits for these bytes. Seeing an entry again is no harm. */
  claim(entry: LogEntry): void {
    if (this.#claimed.has(entry.offset)) return;
    for (let i = this.#firstOpen; i < this.#appends.length; i++) {
      if (!this.#appends[i]!.claim(entry)) continue;
      this.#claimed.add(entry.offset);
      this.#skipConfirmed();
      return;
    }
  }

  /** Tells every caller how it ended: an append found wholly succeeds whatever happened to the others. */
  settle(error: LogError): void {
    for (const append of this.#appends) append.settle(error);
  }

  #skipConfirmed(): void {
    while (this.#appends[this.#firstOpen]?.confirmed) this.#firstOpen++;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}
