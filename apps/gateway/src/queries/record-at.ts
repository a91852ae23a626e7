// The record at an offset of the log: for who has appended it without a gateway, and was told no more than that.

import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { readProgress, readRecordPosition } from '#store';
import { GATEWAY_PARTS, type GatewayParts } from '../parts.js';
import { Problem } from '../problem.js';
import { GetRecord, type RecordView } from './record.js';

/** How long a reader waits for the projections to come to a value that the log has already, in milliseconds. */
const FOLD_LIMIT_MS = 5_000;

export class FindRecord extends Query<RecordView> {
  constructor(readonly offset: number) {
    super();
  }
}

@QueryHandler(FindRecord)
export class FindRecordHandler implements IQueryHandler<FindRecord> {
  constructor(
    @Inject(GATEWAY_PARTS) private readonly parts: GatewayParts,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}

  async execute({ offset }: FindRecord): Promise<RecordView> {
    const records = await this.recordsRead(offset);
    const position = await readRecordPosition(this.parts.sources.root, offset);
    if (position !== undefined && position < records) return this.queries.execute(new GetRecord(position));
    throw new Problem('record-unknown', `What the log holds at offset ${offset} is noise, no record.`);
  }

  /**
   * The records that projector-root has folded, once those up to `offset` are among them. Noise alone moves no projection on: how
   * many records there are up to noise at the end of the log, only this gateway's own reading knows.
   */
  private async recordsRead(offset: number): Promise<number> {
    const { log, sources, tail, watermarks } = this.parts;
    const { end } = await log.bounds();
    if (offset >= end)
      throw new Problem(
        'record-unknown',
        `The log ends at offset ${end}, so there is nothing at ${offset} yet.`,
      );
    const until = AbortSignal.timeout(FOLD_LIMIT_MS);
    let records = Infinity;
    for (let looked = false; ; looked = true) {
      const progress = await readProgress(sources.root);
      if (progress && (progress.offset > offset || progress.position >= records)) return progress.position;
      if (until.aborted)
        throw new Problem(
          'behind',
          `The log has a value at offset ${offset}; the projections have not come to it yet. See /readyz.`,
        );
      if (looked) await watermarks.nextChange(until);
      else records = await tail.sizeThrough(offset, FOLD_LIMIT_MS);
    }
  }
}
