// Metrics whose values are taken, whenever they are read, from where they are counted.

import { Counter, Gauge, type Registry } from 'prom-client';

interface Metric {
  readonly name: string;
  readonly help: string;
}

interface MetricBy extends Metric {
  /** The one label of its values. */
  readonly label: string;
}

/** Values by what their label says. */
type ValuesBy = Iterable<readonly [string, number]>;

export function addGauge(registry: Registry, metric: Metric, value: () => number | Promise<number>): void {
  new Gauge({
    ...metric,
    registers: [registry],
    async collect() {
      this.set(await value());
    },
  });
}

export function addGaugeBy(
  registry: Registry,
  { name, help, label }: MetricBy,
  values: () => ValuesBy | Promise<ValuesBy>,
): void {
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    async collect() {
      for (const [of, value] of await values()) this.set({ [label]: of }, value);
    },
  });
}

/** `counts` only grow. */
export function addCounterBy(
  registry: Registry,
  { name, help, label }: MetricBy,
  counts: () => ValuesBy,
): void {
  new Counter({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [of, count] of counts()) this.inc({ [label]: of }, count);
    },
  });
}
