// Rejections of all services in one list. Each service records those that it decides; together they are ordered by position, and a
// page ends with a whole record, so that its position is the cursor of the next.

import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { DataSource } from 'typeorm';
import { readOutcomes, readRejections, readRejectionsAfter, type StoredOutcome } from '#store';
import { GATEWAY_PARTS, type GatewayParts } from '../parts.js';

/** A rejected event, or one entry of a `signed` event; `event` is its index in the record. */
export interface RejectionView {
  readonly position: number;
  readonly event: number;
  readonly entry?: number;
  readonly code: string;
  readonly detail: string;
  readonly role?: string;
}

/** Where a list of rejections goes on: newest first from below a position, or oldest first from above one. */
export type RejectionCursor = { readonly before: number } | { readonly after: number };

/** Rejections from a cursor on: at least those of one record, and of no more than `limit` records. `next` is the cursor's next number. */
export class ListRejections extends Query<{
  readonly rejections: readonly RejectionView[];
  readonly next: number | null;
}> {
  constructor(
    readonly from: RejectionCursor,
    readonly limit: number,
  ) {
    super();
  }
}

@QueryHandler(ListRejections)
export class ListRejectionsHandler implements IQueryHandler<ListRejections> {
  constructor(@Inject(GATEWAY_PARTS) private readonly parts: GatewayParts) {}

  async execute({ from, limit }: ListRejections) {
    const order = 'before' in from ? newestFirst : oldestFirst;
    const found = await this.ofAll(source =>
      'before' in from
        ? readRejections(source, from.before, limit)
        : readRejectionsAfter(source, from.after, limit),
    );
    found.sort(order);
    if (found.length < limit) return { rejections: found.map(rejectionView), next: null };
    const { position } = found[limit - 1]!;
    const ofLast = await this.ofAll(source => readOutcomes(source, position, position));
    const page = found.slice(0, limit).filter(row => row.position !== position);
    page.push(...ofLast.filter(({ result }) => result === 'rejected').sort(order));
    return { rejections: page.map(rejectionView), next: position };
  }

  private async ofAll(read: (source: DataSource) => Promise<StoredOutcome[]>): Promise<StoredOutcome[]> {
    const { root, targets, snapshot, timestamp } = this.parts.sources;
    return (await Promise.all([root, targets, snapshot, timestamp].map(read))).flat();
  }
}

function oldestFirst(a: StoredOutcome, b: StoredOutcome): number {
  return a.position - b.position || a.event - b.event || a.entry - b.entry;
}

function newestFirst(a: StoredOutcome, b: StoredOutcome): number {
  return oldestFirst(b, a);
}

function rejectionView({ position, event, entry, code, detail, role }: StoredOutcome): RejectionView {
  return {
    position,
    event,
    ...(entry >= 0 && { entry }),
    code: code!,
    detail: detail!,
    ...(role !== null && { role }),
  };
}
