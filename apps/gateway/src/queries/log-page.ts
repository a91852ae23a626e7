// The log as it is, noise included: with it anyone can replay the ledger and check what is served.

import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { toBase64 } from '#tuf';
import { GATEWAY_PARTS, type GatewayParts } from '../parts.js';

/** Bytes of values in one page; a page so ends before its limit of items where values are large. */
const PAGE_BYTES = 4 * 1024 * 1024;

export interface LogPage {
  readonly log: readonly { readonly offset: number; readonly value: string }[];
  /** The `after` of the next page; null at the tail. */
  readonly next: number | null;
}

/** Values of the log (in base64) at offsets above `after`. */
export class ReadLog extends Query<LogPage> {
  constructor(
    readonly after: number,
    readonly limit: number,
  ) {
    super();
  }
}

@QueryHandler(ReadLog)
export class ReadLogHandler implements IQueryHandler<ReadLog> {
  constructor(@Inject(GATEWAY_PARTS) private readonly parts: GatewayParts) {}

  async execute({ after, limit }: ReadLog): Promise<LogPage> {
    const entries = await this.parts.log.read(after + 1, {
      maxBytes: PAGE_BYTES,
      maxEntries: limit,
      waitMs: 0,
    });
    const log = entries.map(({ offset, value }) => ({ offset, value: toBase64(value) }));
    return { log, next: entries.at(-1)?.offset ?? null };
  }
}
