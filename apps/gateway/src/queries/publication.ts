// Waiting for what became of a request's events: for what is rejected or changes nothing until every service has folded it, for
// the rest until a complete state that shows it is served.

import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { CompleteState } from '#projection';
import type { LogTail } from '../log-tail.js';
import { changesTargets, type EventOutcome, type Outcomes, type PlacedEvent } from '../outcomes.js';
import { GATEWAY_PARTS, type GatewayParts, LOG_TAIL, OUTCOMES } from '../parts.js';

/** How long a request waits for its publication, in milliseconds. */
const PUBLICATION_LIMIT_MS = 30_000;
/** How often it is looked for a state even if nothing was told, in milliseconds. */
const STATE_LOOK_MS = 1_000;

/** An event's outcome; `index` is the event's index in the request. */
interface RequestOutcome extends EventOutcome {
  readonly index: number;
  readonly position: number;
}

/** What is known of a request's events; `published` says whether that is all there will be. */
export interface Publication {
  readonly published: boolean;
  readonly outcomes: readonly RequestOutcome[];
}

/** Waits for the outcomes of events, in the order of the request, until all are known, `signal` aborts, or time is up. */
export class AwaitPublication extends Query<Publication> {
  constructor(
    readonly events: readonly PlacedEvent[],
    readonly signal: AbortSignal,
  ) {
    super();
  }
}

@QueryHandler(AwaitPublication)
export class AwaitPublicationHandler implements IQueryHandler<AwaitPublication> {
  constructor(
    @Inject(GATEWAY_PARTS) private readonly parts: GatewayParts,
    @Inject(LOG_TAIL) private readonly tail: LogTail,
    @Inject(OUTCOMES) private readonly outcomes: Outcomes,
  ) {}

  async execute({ events, signal }: AwaitPublication): Promise<Publication> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(PUBLICATION_LIMIT_MS)]);
    const last = Math.max(...events.map(({ position }) => position));
    const folded = await this.parts.history.foldedThrough(last, limited);
    const known = events.filter(({ position }) => position < folded);
    if (known.length === 0) return { published: false, outcomes: [] };
    const decided = await this.outcomes.decided(known);
    const toPublish = await this.lastToPublish(known, decided);
    const shown = toPublish === undefined || (await this.isServed(toPublish, limited));
    const outcomes = await this.outcomes.withPublication(known, decided, this.tail.opened);
    const index = new Map(events.map((event, i) => [event, i]));
    return {
      published: shown && known.length === events.length,
      outcomes: outcomes.map((outcome, i) => ({
        index: index.get(known[i]!)!,
        position: known[i]!.position,
        ...outcome,
      })),
    };
  }

  /** Waits until a state that was cut after `position` is complete, and its files are where clients fetch them. */
  private async isServed(position: number, signal: AbortSignal): Promise<boolean> {
    const state = await this.completeAfter(position, signal);
    if (!state) return false;
    try {
      await this.parts.served(state.position, signal);
      return true;
    } catch (error) {
      if (!signal.aborted) throw error;
      return false;
    }
  }

  private async completeAfter(position: number, signal: AbortSignal): Promise<CompleteState | undefined> {
    const { states } = this.parts;
    while (!signal.aborted) {
      const mark = states.mark();
      const { complete } = await states.look();
      if (complete && complete.cut > position) return complete;
      if (states.mark() === mark) await states.nextChange(signal, STATE_LOOK_MS);
    }
    return undefined;
  }

  /** The highest position of an event that a state will yet show; undefined where there is none. */
  private async lastToPublish(
    events: readonly PlacedEvent[],
    decided: readonly EventOutcome[],
  ): Promise<number | undefined> {
    const applied = events.filter(({ raw }, i) => decided[i]!.result === 'applied' && changesTargets(raw));
    if (applied.length === 0) return undefined;
    const positions = applied.map(({ position }) => position);
    if (applied.some(({ raw }) => raw.type !== 'project.removed')) return Math.max(...positions);
    // Removing a project without files is applied and changes nothing, and then no cut need follow.
    const { needs } = await this.parts.states.look();
    return needs && needs.changed < Math.min(...positions) ? undefined : Math.max(...positions);
  }
}
