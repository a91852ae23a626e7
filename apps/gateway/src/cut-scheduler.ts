// The scheduler of cuts. It watches the projections and appends the next cut as soon as one is due (cut-decision.ts). Several may
// run: states follow one another by compare-and-set, so of two cuts of one state the second is rejected and does no harm.

import { ChangeSignal, reachAll, schemaName } from '#host';
import { type Cut, eventJson } from '#ledger';
import { type Busyness, NO_RECORDS } from '#projection';
import { readOutcomes, readVersion, readVersions } from '#store';
import { BINS_ROLE } from '#tuf';
import { decideCut, type Pace } from './cut-decision.js';
import type { GatewayParts } from './parts.js';
import type { Publisher } from './publisher.js';
import type { StateWatch } from './state-watch.js';

/** The longest rest between two looks, in milliseconds; timers overflow above 2^31. */
const MAX_REST_MS = 60_000;
/** Pause after an error that can pass, in milliseconds. */
const RETRY_PAUSE_MS = 1_000;
/** Pause after a cut that was rejected for another reason than that a scheduler was quicker, in milliseconds. */
const REJECTED_PAUSE_MS = 30_000;
/** How often it is looked whether a cut has applied before the projection is asked, and the longest rest between in milliseconds. */
const CUT_LOOKS = 4;
const CUT_LOOK_MS = 50;
/** While the ledger is not open yet, it is looked at again at every change of a projection, and this often in milliseconds. */
const NOT_OPEN_REST_MS = 1_000;

type SchedulerParts = Pick<GatewayParts, 'sources' | 'prefix' | 'watermarks' | 'crypto' | 'report'> & {
  readonly states: StateWatch;
  readonly intervalMs: number;
  /** Events that wait in this process to be appended. */
  readonly queued: () => number;
};

const IDLE: Busyness = { ...NO_RECORDS, incomplete: 0 };

interface Seen {
  readonly seen: number;
  readonly at: number;
}

export class CutScheduler {
  /** Cuts of this scheduler that applied, and those that were rejected. */
  readonly cuts = { applied: 0, rejected: 0 };
  /** What was seen last, and when it was seen first in milliseconds: the newest complete state, the records since the last cut, the bins of its state that are not complete. */
  private completion: Seen & { readonly expected: number } = { seen: 0, at: 0, expected: 0 };
  private arrival: Seen = { seen: 0, at: 0 };
  private progress: Seen = { seen: 0, at: 0 };
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly parts: SchedulerParts,
    private readonly publisher: Publisher,
    private readonly clock: () => number = Date.now,
  ) {}

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let projected = false;
    while (!signal.aborted) {
      try {
        if (!projected) await this.projectionsThroughStart();
        projected = true;
        await this.step();
      } catch (error) {
        if (signal.aborted) return;
        this.parts.report('warn', (error as Error).message, { retryInMs: RETRY_PAUSE_MS });
        await this.rest(RETRY_PAUSE_MS);
      }
    }
  }

  // While projections are folded anew their newest state is one of the past, and a cut made from it would be stale.
  private async projectionsThroughStart(): Promise<void> {
    const size = await this.publisher.sizeAtStart();
    await reachAll(this.parts, size, this.stopping.signal);
  }

  private async step(): Promise<void> {
    const { states } = this.parts;
    const before = states.mark();
    const decision = await this.decide();
    if ('cut' in decision) return this.append(decision.cut);
    // What moved during the look was perhaps not seen by it.
    if (states.mark() !== before) return;
    await states.nextChange(this.stopping.signal, Math.min(decision.waitMs, MAX_REST_MS));
  }

  private async decide(): Promise<ReturnType<typeof decideCut>> {
    const { crypto, intervalMs } = this.parts;
    const { root, complete, served, needs } = await this.parts.states.look();
    if (!root?.lastCut && !(await this.isOpen())) return { waitMs: NOT_OPEN_REST_MS };
    const now = this.clock();
    // As long as the files of a state are being written, it is not over.
    const completeState = Math.min(complete?.state ?? 0, served ?? Number.POSITIVE_INFINITY);
    const pace = this.paceOf(needs?.busy ?? IDLE, completeState, now);
    const situation = {
      now,
      root,
      completeState,
      needs: needs ?? { changed: -1 },
      intervalMs,
      ...(needs?.busy && { busy: { ...needs.busy, ...pace } }),
    };
    return decideCut(situation, crypto);
  }

  private paceOf(busy: Busyness, completeState: number, now: number): Pace {
    const { covered, since, incomplete } = busy;
    if (completeState !== this.completion.seen)
      this.completion = { seen: completeState, at: now, expected: covered + since };
    // What waits to be appended is coming.
    this.arrival = this.parts.queued() > 0 ? { seen: since, at: now } : seenAt(this.arrival, since, now);
    this.progress = seenAt(this.progress, incomplete, now);
    return {
      expected: this.completion.expected,
      completeAt: this.completion.at,
      arrivedAt: this.arrival.at,
      progressAt: this.progress.at,
    };
  }

  /** Whether root 1, targets 1 and `bins` 1 are complete, without which no cut applies. */
  private async isOpen(): Promise<boolean> {
    const { root, targets } = this.parts.sources;
    const offline = await readVersions(targets, [
      { role: 'targets', version: 1 },
      { role: BINS_ROLE, version: 1 },
    ]);
    const versions = [await readVersion(root, 'root', 1), ...offline];
    return versions.length === 3 && versions.every(version => version?.completed !== undefined);
  }

  /** Appends a cut and waits until projector-root has decided it, so that one is in flight. */
  private async append(cut: Cut): Promise<void> {
    const { sources, prefix, watermarks, report } = this.parts;
    const [place] = await this.publisher.publish([eventJson(cut)]);
    const { position } = place!;
    if (await this.isKnownToApply(position)) {
      this.cuts.applied++;
      return;
    }
    await watermarks.reach(schemaName(prefix, 'root'), position + 1, this.stopping.signal);
    const [rejection] = await readOutcomes(sources.root, position, position);
    if (!rejection) {
      this.cuts.applied++;
      return;
    }
    this.cuts.rejected++;
    if (rejection.code === 'cut-stale') return;
    const { code, detail } = rejection;
    report('warn', 'A cut of this scheduler was rejected.', { state: cut.state, position, code, detail });
    await this.rest(REJECTED_PAUSE_MS);
  }

  /** Where the projectors run in this process they tell what became of the cut sooner than they commit it. */
  private async isKnownToApply(position: number): Promise<boolean> {
    const { states } = this.parts;
    for (let looks = 0; looks < CUT_LOOKS; looks++) {
      const mark = states.mark();
      if ((await states.look()).root?.lastCut?.position === position) return true;
      if (states.mark() === mark) await states.nextChange(this.stopping.signal, CUT_LOOK_MS);
    }
    return false;
  }

  private async rest(ms: number): Promise<void> {
    await new ChangeSignal().next(this.stopping.signal, ms);
  }
}

function seenAt(before: Seen, seen: number, at: number): Seen {
  return before.seen === seen ? before : { seen, at };
}
