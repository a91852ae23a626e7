// When the next cut is made (DESIGN law 9): when the last state is complete or dead, there is something to publish or something
// due, and the least time between cuts is over. Pure: the clock and all that the projections know are given.

import type { Cut, Policy } from '#ledger';
import { type CutNeeds, cutSeconds, dueLead, type RecordsByCut, type RootState } from '#projection';
import type { Crypto } from '#tuf';

/** How long a state may stay incomplete while nothing of it is completed, before the next one is cut, in milliseconds. */
export const INCOMPLETE_LIMIT_MS = 30_000;
/** How long a cut waits for the records that are expected: this part of the time that the last state took, and at most so many milliseconds. */
const GATHERING_SHARE = 0.5;
const GATHERING_LIMIT_MS = 5_000;
/** How long it waits while they stream in, after a state that took long itself: so often the time that state took, and at most so many milliseconds. */
const STREAMING_SHARE = 2;
const STREAMING_LIMIT_MS = 30_000;
const LONG_STATE_MS = 1_000;
/** From so many records on since the last cut it is a stream. */
const STREAM_RECORDS = 100;
/** It waits no longer when nothing has come for so many milliseconds. */
const QUIET_MS = 500;

/** What a scheduler has seen, in milliseconds. */
export interface Pace {
  /** Records that were under way when the newest state became complete: the ones that it published, and the ones that waited already. */
  readonly expected: number;
  /** The newest state became complete. */
  readonly completeAt: number;
  /** The newest record came. */
  readonly arrivedAt: number;
  /** A bin of the newest state became complete. */
  readonly progressAt: number;
}

/** What the decision is made from; the ledger must be open. */
export interface CutSituation {
  /** Milliseconds now. */
  readonly now: number;
  /** Where projector-root stands; undefined before its first commit. */
  readonly root: Pick<RootState, 'lastCut' | 'policy' | 'changed' | 'killed'> | undefined;
  /** The number of the newest complete state; 0 where there is none. */
  readonly completeState: number;
  readonly needs: CutNeeds;
  /** Absent where it is not known. */
  readonly busy?: RecordsByCut & Pace;
  /** Least time between cuts that this scheduler keeps beside the policy's, in milliseconds. */
  readonly intervalMs: number;
}

/** The cut to append now, or how long nothing has to be done unless a projection moves. */
export type CutDecision = { readonly cut: Cut } | { readonly waitMs: number };

export function decideCut(situation: CutSituation, crypto: Crypto): CutDecision {
  const { now, root, intervalMs } = situation;
  const { lastCut, policy } = root ?? {};
  if (!lastCut || !policy) return { cut: { type: 'cut', state: 1, at: now } };
  const { cutInterval } = policy;
  // Half of an odd time is no whole number of milliseconds, and what is timed by it must not be either.
  const wantedAt = Math.ceil(
    Math.max(
      wantedFrom(situation, { ...lastCut, policy }, crypto),
      lastCut.at + Math.max(cutInterval, intervalMs),
    ),
  );
  if (now < wantedAt) return { waitMs: wantedAt - now };
  return { cut: { type: 'cut', state: lastCut.state + 1, at: Math.max(now, lastCut.at + cutInterval) } };
}

type LastCut = NonNullable<RootState['lastCut']> & { readonly policy: Policy };

/** From when on a cut is worth making, in milliseconds. */
function wantedFrom(
  { now, root, completeState, needs, busy }: CutSituation,
  lastCut: LastCut,
  crypto: Crypto,
): number {
  // A root with other keys ended that state: nothing more will come of it.
  const isDead = root!.killed > lastCut.position;
  if (completeState < lastCut.state && !isDead)
    return Math.max(lastCut.at, Math.min(busy?.progressAt ?? 0, now)) + INCOMPLETE_LIMIT_MS;
  if (Math.max(needs.changed, root!.changed) <= lastCut.position)
    return firstDue(lastCut, needs, crypto) * 1000;
  return busy ? gatheredAt(busy, lastCut.at) : lastCut.at;
}

/**
 * Clients that wait for publication send their next request when the last one is published. Cut at once, those who waited already
 * would get a state of their own, and the others the one after: every state would cover half of what it could. And while a whole
 * index streams in, every state issues all bins again: most of the time should go into taking in what comes.
 */
function gatheredAt(busy: NonNullable<CutSituation['busy']>, cutAt: number): number {
  const { covered, since, expected, completeAt, arrivedAt } = busy;
  const took = Math.max(0, completeAt - cutAt);
  const waits = since < expected ? completeAt + Math.min(took * GATHERING_SHARE, GATHERING_LIMIT_MS) : cutAt;
  const streams = completeAt + Math.min(took * STREAMING_SHARE, STREAMING_LIMIT_MS);
  // The first state issues all bins whatever comes.
  const isStream = took >= LONG_STATE_MS && covered > 0 && since >= STREAM_RECORDS;
  return Math.min(arrivedAt + QUIET_MS, isStream ? Math.max(waits, streams) : waits);
}

/** The Unix second at which the first online role falls due. Snapshot and timestamp were issued with the last cut. */
function firstDue(
  { at, policy }: { readonly at: number; readonly policy: Policy },
  needs: CutNeeds,
  crypto: Crypto,
): number {
  const issued = cutSeconds(at);
  const due = (['snapshot', 'timestamp'] as const).map(
    role => issued + policy[role].lifetime - dueLead(role, policy[role].window, crypto),
  );
  return Math.min(needs.due ?? Number.POSITIVE_INFINITY, ...due);
}
