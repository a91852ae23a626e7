// Metrics whose values are taken, whenever they are read, from where they are counted.

import { Counter, collectDefaultMetrics, Gauge, type Registry } from 'prom-client';

/** How often the delay of the event loop is measured, in milliseconds; a hundred times a second, the default, costs 1 % of a core. */
const LOOP_PRECISION_MS = 100;

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

/** What Node tells of its process. */
export function addProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
}

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
