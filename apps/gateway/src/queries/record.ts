// One record: who said what, and what became of it.

import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { reachAll } from '#host';
import { ADMIN_STREAM, type Author, type Envelope, type Payload, type RawEvent } from '#ledger';
import { readRecordOffset, readStateAfter } from '#store';
import { logRecord } from '../log-record.js';
import type { LogTail } from '../log-tail.js';
import type { EventOutcome, Outcomes } from '../outcomes.js';
import { GATEWAY_PARTS, type GatewayParts, LOG_TAIL, OUTCOMES } from '../parts.js';
import { Problem } from '../problem.js';

/** How long a reader waits for the projections to come to a record that the log has already, in milliseconds. */
const FOLD_LIMIT_MS = 5_000;

/** An event of a record: its index, what it says, and what became of it. */
interface RecordEvent extends EventOutcome {
  readonly event: number;
  readonly content: RawEvent;
}

/** A record; `published` is the first complete state that covers it, null while there is none. */
export interface RecordView {
  readonly position: number;
  readonly author: Author;
  readonly stream: string;
  readonly seq: number;
  readonly v: number;
  readonly events: readonly RecordEvent[];
  readonly published: { readonly state: number; readonly at: number } | null;
}

export class GetRecord extends Query<RecordView> {
  constructor(readonly position: number) {
    super();
  }
}

@QueryHandler(GetRecord)
export class GetRecordHandler implements IQueryHandler<GetRecord> {
  constructor(
    @Inject(GATEWAY_PARTS) private readonly parts: GatewayParts,
    @Inject(LOG_TAIL) private readonly tail: LogTail,
    @Inject(OUTCOMES) private readonly outcomes: Outcomes,
  ) {}

  async execute({ position }: GetRecord): Promise<RecordView> {
    const { size } = this.tail;
    if (position >= size) {
      throw new Problem(
        'record-unknown',
        `The ledger has ${size} records, so none at position ${position} yet.`,
      );
    }
    await this.awaitFolded(position);
    const { envelope, payload } = await this.read(position);
    const placed = payload.events.map((raw, event) => ({ position, event, raw }));
    const decided = await this.outcomes.decided(placed);
    const outcomes = await this.outcomes.withPublication(placed, decided, this.tail.opened);
    const state = await readStateAfter(this.parts.sources.timestamp, position);
    const { stream, seq, v } = payload;
    return {
      position,
      author:
        stream === ADMIN_STREAM ? { administrators: true } : { publisher: envelope.signatures[0]!.keyid },
      stream,
      seq,
      v,
      events: outcomes.map((outcome, event) => ({ event, content: payload.events[event]!, ...outcome })),
      published: state ? { state: state.state, at: state.at } : null,
    };
  }

  private async awaitFolded(position: number): Promise<void> {
    const signal = AbortSignal.timeout(FOLD_LIMIT_MS);
    try {
      await reachAll(this.parts, position + 1, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new Problem(
        'behind',
        `The record at position ${position} is in the log; the projections have not come to it yet. See /readyz.`,
      );
    }
  }

  private async read(position: number): Promise<{ envelope: Envelope; payload: Payload }> {
    const { log, sources } = this.parts;
    const offset = await readRecordOffset(sources.root, position);
    const [entry] =
      offset === undefined ? [] : await log.read(offset, { maxBytes: 1, maxEntries: 1, waitMs: 0 });
    return logRecord(entry, offset, position);
  }
}
