// What became of the records that all projectors have folded, in their order, a page at a time: from the log, which holds what they
// say, and from the projections. Nothing is kept between pages, and nothing is told that comes later, such as where something was
// published: so whoever asks again from a position is told the same, by every gateway.

import { reachAll } from '#host';
import type { Payload } from '#ledger';
import { readRecordRuns } from '#store';
import { logRecord, recordGone } from './log-record.js';
import type { LogTail } from './log-tail.js';
import type { EventOutcome, Outcomes } from './outcomes.js';
import type { GatewayParts } from './parts.js';

/** Records of one page, and bytes of their values, unless a single one has more. */
const PAGE_RECORDS = 100;
const PAGE_BYTES = 256 * 1024;

/** What became of each event of a record; `event` is its index there. */
export interface RecordOutcomes {
  readonly position: number;
  readonly events: readonly ({ readonly event: number } & EventOutcome)[];
}

interface ReadRecord {
  readonly position: number;
  readonly payload: Payload;
}

export class FoldedRecords {
  constructor(
    private readonly parts: Pick<GatewayParts, 'log' | 'sources' | 'prefix' | 'watermarks'>,
    private readonly tail: LogTail,
    private readonly outcomes: Outcomes,
  ) {}

  /** The position of the next record to come. @throws Problem `starting`, `ledger-not-open`. */
  get next(): number {
    void this.tail.opened;
    return this.tail.size;
  }

  /** Records from `first` on, at least one: waits until every projector has folded that. Rejects when `signal` aborts. */
  async page(first: number, signal: AbortSignal): Promise<RecordOutcomes[]> {
    const folded = await reachAll(this.parts, first + 1, signal);
    const records = await this.read(first, Math.min(folded, first + PAGE_RECORDS) - 1);
    const placed = records.flatMap(({ position, payload }) =>
      payload.events.map((raw, event) => ({ position, event, raw })),
    );
    const decided = await this.outcomes.decided(placed);
    const shown = this.outcomes.withRoles(placed, decided, this.tail.opened);
    let at = 0;
    return records.map(({ position, payload }) => ({
      position,
      events: payload.events.map((_, event) => ({ event, ...shown[at++]! })),
    }));
  }

  private async read(first: number, last: number): Promise<ReadRecord[]> {
    const { log, sources } = this.parts;
    const records: ReadRecord[] = [];
    let maxBytes = PAGE_BYTES;
    // What stands between two runs is noise, and may be much.
    for (const { position, offset, count } of await readRecordRuns(sources.root, first, last)) {
      const entries = await log.read(offset, { maxBytes, maxEntries: count, waitMs: 0 });
      for (const [i, entry] of entries.entries()) {
        const { payload } = logRecord(entry, offset + i, position + i);
        records.push({ position: position + i, payload });
        maxBytes -= entry.value.length;
      }
      if (entries.length < count || maxBytes <= 0) break;
    }
    if (records.length === 0) throw recordGone(first);
    return records;
  }
}
