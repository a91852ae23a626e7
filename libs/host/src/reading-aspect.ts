// How far a service has read the log, and what it found there.

import type { Registry } from 'prom-client';
import type { Aspect, AspectView } from './aspect.js';
import type { AwaitedLog } from './awaited-log.js';
import type { Following } from './following.js';
import { addCounterBy, addGauge } from './pulled-metrics.js';

/** Entries of the log that a service may be behind its end while it counts as ready: some seconds of folding. */
const READY_LAG_ENTRIES = 10_000;

export class ReadingAspect implements Aspect {
  private lastRead = { position: 0, offset: 0 };

  constructor(
    private readonly following: Pick<Following, 'read' | 'noise'>,
    private readonly log: Pick<AwaitedLog, 'end'>,
  ) {}

  async look(): Promise<AspectView> {
    const isReading = this.following.read !== undefined;
    const { position, offset } = this.read();
    const lag = this.lag();
    const reasons: string[] = [];
    if (!isReading) reasons.push('The log is not being read.');
    else if (lag > READY_LAG_ENTRIES) reasons.push(`${lag} entries of the log have not been read yet.`);
    return { reasons, members: { position, offset, lagEntries: lag } };
  }

  measure(registry: Registry): void {
    const records = { name: 'tuf_ledger_records', help: 'Records in the log, as far as it was read.' };
    addGauge(registry, records, () => this.read().position);
    const lag = {
      name: 'tuf_ledger_lag_entries',
      help: 'Entries of the log that were not read yet. Markers with which a broker ends transactions count, and stay where they are the last.',
    };
    addGauge(registry, lag, () => this.lag());
    const noise = {
      name: 'tuf_ledger_noise_total',
      help: 'Values of the log that were no records, by reason, since the start.',
      label: 'reason',
    };
    addCounterBy(registry, noise, () => this.following.noise);
  }

  /** While a reading begins again, where the last one was. */
  private read(): { readonly position: number; readonly offset: number } {
    this.lastRead = this.following.read ?? this.lastRead;
    return this.lastRead;
  }

  private lag(): number {
    return Math.max(0, this.log.end - this.read().offset);
  }
}
