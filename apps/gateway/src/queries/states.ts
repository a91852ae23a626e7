// States of the repository, newest first.

import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { readCompleteStates, readNewestCuts } from '#store';
import { pageOf } from '../paging.js';
import { GATEWAY_PARTS, type GatewayParts } from '../parts.js';

/** A state; `cut` is its cut's position, `position` that of the record that completed it, `at` the cut's time in milliseconds. */
export interface StateView {
  readonly state: number;
  readonly at: number;
  readonly cut: number;
  readonly rootHash: string;
  readonly complete: boolean;
  readonly position: number | null;
}

/** States below `before`. */
export class ListStates extends Query<{
  readonly states: readonly StateView[];
  readonly next: number | null;
}> {
  constructor(
    readonly before: number,
    readonly limit: number,
  ) {
    super();
  }
}

@QueryHandler(ListStates)
export class ListStatesHandler implements IQueryHandler<ListStates> {
  constructor(@Inject(GATEWAY_PARTS) private readonly parts: GatewayParts) {}

  async execute({ before, limit }: ListStates) {
    const { root, timestamp } = this.parts.sources;
    const { items, next } = pageOf(
      await readNewestCuts(root, before, limit + 1),
      limit,
      ({ state }) => state,
    );
    const [newest, oldest] = [items[0], items.at(-1)];
    if (!newest || !oldest) return { states: [], next: null };
    const complete = new Map(
      (await readCompleteStates(timestamp, oldest.state, newest.state)).map(({ state, position }) => [
        state,
        position,
      ]),
    );
    const states = items.map(({ state, at, position, rootHash }) => {
      return {
        state,
        at,
        cut: position,
        rootHash,
        complete: complete.has(state),
        position: complete.get(state) ?? null,
      };
    });
    return { states, next };
  }
}
