// What did not become of events and appends.

import type { Registry } from 'prom-client';
import type { Aspect } from './aspect.js';
import type { ServiceEffects } from './facts.js';
import { addCounterBy } from './pulled-metrics.js';
import type { ServiceLog } from './service-log.js';

/** The events that a projector rejected: said one by one, and counted by code. What is folded again is told again. */
export class Rejections implements Aspect {
  private readonly counts = new Map<string, number>();

  constructor(private readonly report: ServiceLog) {}

  count({ outcomes }: Pick<ServiceEffects, 'outcomes'>): void {
    for (const { verdict, ...place } of outcomes) {
      if (verdict.result !== 'rejected') continue;
      const { code } = verdict.rejection;
      this.report('info', 'rejected', { ...place, code });
      this.counts.set(code, (this.counts.get(code) ?? 0) + 1);
    }
  }

  measure(registry: Registry): void {
    const metric = {
      name: 'tuf_ledger_rejections_total',
      help: 'Events that this projector rejected, by code, since the start.',
      label: 'code',
    };
    addCounterBy(registry, metric, () => this.counts);
  }
}

/** The appends of a service that failed, by code. */
export class AppendErrors implements Aspect {
  constructor(private readonly counts: ReadonlyMap<string, number>) {}

  measure(registry: Registry): void {
    const metric = {
      name: 'tuf_ledger_append_errors_total',
      help: 'Appends to the log that failed, by code, since the start.',
      label: 'code',
    };
    addCounterBy(registry, metric, () => this.counts);
  }
}
