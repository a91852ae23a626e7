// What requests that wait for publication ask of the past: what was decided, which states were complete when, and which version
// of a role showed it first.

import { type FactGround, reachAll, SERVICES, schemaName } from '#host';
import type { CompleteState } from '#projection';
import {
  readCompleteStates,
  readDecidedOutcomes,
  readNewestState,
  readStateAfter,
  readVersionsAfter,
  type StoredOutcome,
} from '#store';

/** A role, and a position after which its next version is wanted. */
export interface WantedVersion {
  readonly role: string;
  readonly position: number;
}

export interface History {
  /** Waits until every projector has folded the record at `position`, or `signal` aborts; gives how many records all have folded. */
  foldedThrough(position: number, signal: AbortSignal): Promise<number>;
  /**
   * The outcomes, of those that are not `applied`, of the records from `first` to `last`, which all have folded.
   * @throws StoreError `projection-conflict` where a crash of Postgres took that back, and they are not folded again in time.
   */
  outcomes(first: number, last: number): Promise<readonly StoredOutcome[]>;
  /** The complete states from the first that was cut after `lowest` to the first that was cut after `highest`, or the newest; oldest first. */
  statesBetween(lowest: number, highest: number): Promise<readonly CompleteState[]>;
  /** For each the first version that was drafted after the position, up to the cut at `until`, and completed; undefined where there is none. */
  versionsAfter(wanted: readonly WantedVersion[], until: number): Promise<readonly (number | undefined)[]>;
  /** Resolves when the store holds all that was answered from elsewhere, so that who was told of his events also reads them. */
  stored(): Promise<void>;
}

/** By what the projections have committed. */
export class StoredHistory implements History {
  constructor(private readonly ground: Pick<FactGround, 'sources' | 'prefix' | 'watermarks'>) {}

  async foldedThrough(position: number, signal: AbortSignal): Promise<number> {
    try {
      return await reachAll(this.ground, position + 1, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    const { prefix, watermarks } = this.ground;
    return Math.min(...SERVICES.map(service => watermarks.position(schemaName(prefix, service))));
  }

  async outcomes(first: number, last: number): Promise<StoredOutcome[]> {
    const { root, targets, snapshot, timestamp } = this.ground.sources;
    const found = await Promise.all(
      [root, targets, snapshot, timestamp].map(source => readDecidedOutcomes(source, first, last)),
    );
    return found.flat();
  }

  async statesBetween(lowest: number, highest: number): Promise<CompleteState[]> {
    const { timestamp } = this.ground.sources;
    const first = await readStateAfter(timestamp, lowest);
    if (!first || first.cut > highest) return first ? [first] : [];
    const last = (await readStateAfter(timestamp, highest)) ?? (await readNewestState(timestamp));
    return (await readCompleteStates(timestamp, first.state, last!.state)).reverse();
  }

  versionsAfter(wanted: readonly WantedVersion[], until: number): Promise<(number | undefined)[]> {
    return readVersionsAfter(this.ground.sources.targets, wanted, until);
  }

  async stored(): Promise<void> {
    // All answers are from the store.
  }
}
