// What did not become of events and appends.

import type { Registry } from 'prom-client';
import type { Aspect } from './aspect.js';
import type { ServiceEffects } from './facts.js';
import { addCounterBy } from './pulled-metrics.js';

/** The events that a projector rejected, by code. What is folded again after an error is counted again. */
export class Rejections implements Aspect {
  private readonly counts = new Map<string, number>();

  count({ outcomes }: Pick<ServiceEffects, 'outcomes'>): void {
    for (const { verdict } of outcomes) {
      if (verdict.result !== 'rejected') continue;
      const { code } = verdict.rejection;
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
