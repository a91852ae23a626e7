// Targets: what is known of paths now, and how it came to be so.

import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { pathFault } from '#ledger';
import { readTarget, readTargetHistory, readTargets, type StoredTarget } from '#store';
import { binName, type Target } from '#tuf';
import type { LogTail } from '../log-tail.js';
import { pageOf } from '../paging.js';
import { GATEWAY_PARTS, type GatewayParts, LOG_TAIL } from '../parts.js';
import { Problem } from '../problem.js';

/** What a record made of a path; `position` is the record's, `yanked` the reason, or true where none was given. */
interface PathView {
  readonly position: number;
  readonly length: number;
  readonly hashes: { readonly sha256: string; readonly sha512?: string };
  readonly yanked?: string | true;
  /** Left out of the metadata; the path may not come back with other content. */
  readonly removed?: true;
}

/** A path with what is known of it, and the role whose metadata holds it. */
export interface TargetView extends PathView {
  readonly path: string;
  readonly role: string;
}

export class ListTargets extends Query<{
  readonly targets: readonly TargetView[];
  readonly next: string | null;
}> {
  constructor(readonly page: { readonly project?: string; readonly after: string; readonly limit: number }) {
    super();
  }
}

@QueryHandler(ListTargets)
export class ListTargetsHandler implements IQueryHandler<ListTargets> {
  constructor(
    @Inject(GATEWAY_PARTS) private readonly parts: GatewayParts,
    @Inject(LOG_TAIL) private readonly tail: LogTail,
  ) {}

  async execute({ page }: ListTargets) {
    const { count } = this.tail.opened.bins;
    const rows = await readTargets(this.parts.sources.targets, { ...page, limit: page.limit + 1 });
    const { items, next } = pageOf(rows, page.limit, ({ path }) => path);
    return { targets: items.map(row => targetView(row, count)), next };
  }
}

/** A path's present and its history, oldest first. `released` where the path is free again. */
export type TargetHistoryView = (TargetView | { readonly path: string; readonly released: true }) & {
  readonly history: readonly PathView[];
  readonly next: number | null;
};

export class GetTarget extends Query<TargetHistoryView> {
  constructor(
    readonly path: string,
    readonly page: { readonly after: number; readonly limit: number },
  ) {
    super();
  }
}

@QueryHandler(GetTarget)
export class GetTargetHandler implements IQueryHandler<GetTarget> {
  constructor(
    @Inject(GATEWAY_PARTS) private readonly parts: GatewayParts,
    @Inject(LOG_TAIL) private readonly tail: LogTail,
  ) {}

  async execute({ path, page }: GetTarget): Promise<TargetHistoryView> {
    const { targets } = this.parts.sources;
    const unknown = new Problem(
      'target-unknown',
      `The ledger knows no target ${JSON.stringify(path.slice(0, 512))}.`,
    );
    if (pathFault(path)) throw unknown;
    const now = await readTarget(targets, path);
    const rows = await readTargetHistory(targets, path, page.limit + 1, page.after);
    if (!now && rows.length === 0) throw unknown;
    const { items, next } = pageOf(rows, page.limit, ({ since }) => since);
    const present = now ? targetView(now, this.tail.opened.bins.count) : { path, released: true as const };
    return { ...present, history: items.map(pathView), next };
  }
}

function targetView(row: StoredTarget, binCount: number): TargetView {
  return { path: row.path, role: binName(row.bin, binCount), ...pathView(row) };
}

function pathView({ since, removed, target }: StoredTarget): PathView {
  const { length, yanked } = target;
  return {
    position: since,
    length,
    hashes: hashesOf(target),
    ...(yanked !== undefined && { yanked }),
    ...(removed && { removed }),
  };
}

function hashesOf({ sha256, sha512 }: Target): PathView['hashes'] {
  return sha512 === undefined ? { sha256 } : { sha256, sha512 };
}
