// Whether the ledger does its work: every service near the tail of the log, and a complete state that clients can still use.

import { lookAtAll, SERVICES, schemaName } from '#host';
import { readNewestCuts, readNewestState, readVersion } from '#store';
import { formatExpires } from '#tuf';
import type { LogTail } from './log-tail.js';
import type { GatewayParts } from './parts.js';

/** Records that a service may be behind the tail while it counts as ready: some seconds of folding. */
const READY_LAG_RECORDS = 10_000;

/** How far from the clock the cut of an incomplete state may lie, in seconds: the signer signs none beyond it (DESIGN law 11). */
const INCOMPLETE_SECONDS = 60;

/** A projector: the records that it has folded, and how many of the log's it has not. */
export interface ServicePosition {
  readonly name: string;
  readonly position: number;
  readonly lag: number;
}

export interface ReadinessView {
  readonly ready: boolean;
  /** Why it is not ready, for people. */
  readonly reasons: readonly string[];
  /** Records in the log. */
  readonly size: number;
  readonly services: readonly ServicePosition[];
  /** `ageMs` is the time since the cut. */
  readonly lastCut: {
    readonly state: number;
    readonly at: number;
    readonly ageMs: number;
    readonly position: number;
  } | null;
  /** The newest complete state; `ageMs` is the time since its cut. */
  readonly complete: {
    readonly state: number;
    readonly at: number;
    readonly ageMs: number;
    readonly expires: string;
  } | null;
}

export class Readiness {
  constructor(
    private readonly parts: Pick<GatewayParts, 'sources' | 'prefix' | 'watermarks' | 'aspects'>,
    private readonly tail: LogTail,
    private readonly clock: () => number = Date.now,
  ) {}

  /** Positions of all projectors, as last told. */
  services(): ServicePosition[] {
    const { prefix, watermarks } = this.parts;
    return SERVICES.map(service => {
      const position = watermarks.position(schemaName(prefix, service));
      return { name: `projector-${service}`, position, lag: Math.max(0, this.tail.sizeRead - position) };
    });
  }

  async look(): Promise<ReadinessView> {
    const services = this.services();
    const reasons = this.tail.failure ? [`The log is no longer read: ${this.tail.failure.message}`] : [];
    if (!this.tail.isCaughtUp) reasons.push('The log has not been read to its end yet.');
    for (const { name, lag } of services) {
      if (lag > READY_LAG_RECORDS) reasons.push(`${name} is ${lag} records behind the log.`);
    }
    const states = await this.states().catch((error: Error) => {
      reasons.push(`The projections do not answer: ${error.message}`);
      return { lastCut: null, complete: null };
    });
    reasons.push(...this.stateFaults(states));
    const besides = await lookAtAll(this.parts.aspects ?? []);
    reasons.push(...besides.reasons);
    const { sizeRead: size } = this.tail;
    return { ready: reasons.length === 0, reasons, size, services, ...states, ...besides.members };
  }

  private async states(): Promise<Pick<ReadinessView, 'lastCut' | 'complete'>> {
    const { root, timestamp } = this.parts.sources;
    const [cut] = await readNewestCuts(root, Number.MAX_SAFE_INTEGER, 1);
    const newest = await readNewestState(timestamp);
    const version = newest && (await readVersion(timestamp, 'timestamp', newest.state));
    return {
      lastCut: cut
        ? { state: cut.state, at: cut.at, ageMs: this.clock() - cut.at, position: cut.position }
        : null,
      complete:
        newest && version
          ? {
              state: newest.state,
              at: newest.at,
              ageMs: this.clock() - newest.at,
              expires: formatExpires(version.expires),
            }
          : null,
    };
  }

  private stateFaults({ lastCut, complete }: Pick<ReadinessView, 'lastCut' | 'complete'>): string[] {
    if (!complete) return ['No state of the repository is complete yet.'];
    const faults: string[] = [];
    if (lastCut && lastCut.state > complete.state) faults.push(...this.cutFaults(lastCut));
    if (Date.parse(complete.expires) <= this.clock()) {
      faults.push(
        `The timestamp of state ${complete.state}, the newest complete one, expired at ${complete.expires}.`,
      );
    }
    return faults;
  }

  /** A state that stays incomplete: nothing can be published until it is complete or superseded. */
  private cutFaults({ state, at }: NonNullable<ReadinessView['lastCut']>): string[] {
    const ageSeconds = Math.round((this.clock() - at) / 1000);
    if (ageSeconds < -INCOMPLETE_SECONDS) {
      return [
        `State ${state} was cut ${-ageSeconds} s in the future, so the signer does not sign it. Find out whose clock is wrong.`,
      ];
    }
    if (ageSeconds <= INCOMPLETE_SECONDS) return [];
    return [`State ${state} was cut ${ageSeconds} s ago and is not complete. See what the signer says.`];
  }
}
