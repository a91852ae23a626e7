// What the repository serves, beside what it could, and how long a state takes from its cut until clients can fetch it.

import { Histogram, type Registry } from 'prom-client';
import { type Aspect, type AspectView, addGauge } from '#host';
import type { CompleteState } from '#projection';

/** Upper bounds of the latencies' buckets, in seconds. */
const LATENCY_BUCKETS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300];
/** How far what is served may lie behind the newest complete state, in milliseconds between their cuts, while the service counts as ready. */
const READY_AGE_MS = 60_000;

/** The repository, as this looks at it. */
export interface WatchedRepository {
  readonly published: CompleteState | undefined;
  /** The state that was served when the service started; undefined until it looked. */
  readonly servedBefore: number | undefined;
  onPublished(published: () => void): void;
}

export class ServedAspect implements Aspect {
  constructor(
    private readonly repository: WatchedRepository,
    private readonly newest: () => Promise<CompleteState | undefined>,
    private readonly clock: () => number = Date.now,
  ) {}

  async look(): Promise<AspectView> {
    const newest = await this.newest().catch(() => undefined);
    const { published } = this.repository;
    const served = published?.state ?? this.repository.servedBefore ?? 0;
    const members = { servedState: served, completeState: newest?.state ?? null };
    return { reasons: this.faults(served, newest), members };
  }

  private faults(served: number, newest: CompleteState | undefined): string[] {
    if (served === 0) return ['No state of the repository is served yet.'];
    const { published } = this.repository;
    if (!newest || newest.state <= served || !published || newest.at - published.at <= READY_AGE_MS)
      return [];
    return [`State ${newest.state} is complete, and state ${served} is served. See what this service says.`];
  }

  measure(registry: Registry): void {
    const served = { name: 'tuf_ledger_served_state', help: 'Number of the state that clients are served.' };
    const { repository } = this;
    addGauge(registry, served, () => repository.published?.state ?? repository.servedBefore ?? 0);
    const latency = new Histogram({
      name: 'tuf_ledger_publish_latency_seconds',
      help: "Time from a state's cut until all of its files are served.",
      buckets: LATENCY_BUCKETS,
      registers: [registry],
    });
    repository.onPublished(() => {
      const { state, at } = repository.published!;
      // What was served before this service started took however long it was away.
      if (state > (repository.servedBefore ?? 0)) latency.observe(Math.max(0, this.clock() - at) / 1000);
    });
  }
}
