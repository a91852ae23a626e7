import type { LogEntry, ReadLimit } from './log.js';

/** Bytes of values that are kept. */
const RECENT_BYTES = 8 * 1024 * 1024;

/**
 * The newest entries that were read from a log without gaps, kept for those who read what this process has just appended and
 * read back: what was read from the log once stays so for ever.
 */
export class RecentEntries {
  #entries: LogEntry[] = [];
  #bytes = 0;

  /** Takes entries as they were read, offsets one after the other. */
  add(entries: readonly LogEntry[]): void {
    const next = this.end;
    for (const entry of entries) {
      if (entry.offset < this.end) continue;
      if (entry.offset > this.end) this.#forget();
      this.#entries.push(entry);
      this.#bytes += entry.value.length;
    }
    if (this.end !== next) this.#trim();
  }

  /** The entries from `from` on, as a read gives them; none where they are not at hand. */
  from(from: number, limit: ReadLimit): readonly LogEntry[] {
    const first = this.#entries[0]?.offset ?? Number.POSITIVE_INFINITY;
    return from < first ? [] : withinLimit(this.#entries, from - first, limit);
  }

  /** The offset after the newest entry. */
  get end(): number {
    const last = this.#entries.at(-1);
    return last ? last.offset + 1 : Number.NEGATIVE_INFINITY;
  }

  #forget(): void {
    this.#entries = [];
    this.#bytes = 0;
  }

  #trim(): void {
    let drop = 0;
    while (this.#bytes > RECENT_BYTES && drop < this.#entries.length - 1)
      this.#bytes -= this.#entries[drop++]!.value.length;
    if (drop > 0) this.#entries = this.#entries.slice(drop);
  }
}

/** The entries from index `at` on that one read may give: the first in any case. */
export function withinLimit(
  entries: readonly LogEntry[],
  at: number,
  { maxBytes, maxEntries }: ReadLimit,
): readonly LogEntry[] {
  let bytes = 0;
  let end = at;
  while (end < entries.length && end - at < maxEntries) {
    bytes += entries[end]!.value.length;
    if (end > at && bytes > maxBytes) break;
    end++;
  }
  return entries.slice(at, end);
}
