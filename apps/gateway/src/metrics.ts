// Metrics of the gateway in the text form of Prometheus. All but the durations are read from the parts when they are asked for.

import type { NextFunction, Request, Response } from 'express';
import { Counter, Histogram, Registry } from 'prom-client';
import { AppendErrors, type Aspect, addCounterBy, addGauge, addGaugeBy, addProcessMetrics } from '#host';
import type { CompleteState } from '#projection';
import type { CutScheduler } from './cut-scheduler.js';
import type { LogTail } from './log-tail.js';
import type { Publisher } from './publisher.js';
import type { Readiness } from './readiness.js';
import type { StateWatch } from './state-watch.js';

/** Upper bounds of the request durations' buckets, in seconds. */
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export interface MetricSources {
  readonly tail: LogTail;
  readonly publisher: Publisher;
  readonly states: StateWatch;
  readonly scheduler: CutScheduler | undefined;
  readonly readiness: Readiness;
}

export class Metrics {
  readonly registry = new Registry();
  private readonly requests: Histogram;
  private readonly appended: Counter;

  constructor(sources: MetricSources, aspects: readonly Aspect[]) {
    const registers = [this.registry];
    addProcessMetrics(this.registry);
    this.requests = new Histogram({
      name: 'tuf_ledger_http_request_duration_seconds',
      help: 'Time from the arrival of a request to the end of its answer.',
      labelNames: ['method', 'route', 'status'],
      buckets: DURATION_BUCKETS,
      registers,
    });
    this.appended = new Counter({
      name: 'tuf_ledger_events_appended_total',
      help: 'Events that requests have appended.',
      registers,
    });
    addLogMetrics(this.registry, sources);
    addStateMetrics(this.registry, sources);
    for (const aspect of [new AppendErrors(sources.tail.appendErrors), ...aspects])
      aspect.measure?.(this.registry);
  }

  countAppended(events: number): void {
    this.appended.inc(events);
  }

  /** Middleware that measures every request, by its route and not its path, so that paths can't fill the memory. */
  readonly observe = (request: Request, response: Response, next: NextFunction): void => {
    const end = this.requests.startTimer();
    response.on('finish', () => {
      const route = (request.route as { path?: unknown } | undefined)?.path;
      end({
        method: request.method,
        route: typeof route === 'string' ? route : 'none',
        status: String(response.statusCode),
      });
    });
    next();
  };
}

function addLogMetrics(registry: Registry, { tail, publisher, readiness }: MetricSources): void {
  addGauge(registry, { name: 'tuf_ledger_records', help: 'Records in the log.' }, () => tail.sizeRead);
  const queued = { name: 'tuf_ledger_queued_events', help: 'Events that wait to be appended.' };
  addGauge(registry, queued, () => publisher.queuedEvents);
  const noise = {
    name: 'tuf_ledger_noise_total',
    help: 'Values of the log that were no records, by reason, since the start.',
    label: 'reason',
  };
  addCounterBy(registry, noise, () => tail.noise);
  const lag = {
    name: 'tuf_ledger_service_lag_records',
    help: 'Records of the log that a projector has not folded.',
    label: 'service',
  };
  addGaugeBy(registry, lag, () => readiness.services().map(({ name, lag }) => [name, lag]));
}

function addStateMetrics(registry: Registry, { states, scheduler }: MetricSources): void {
  let known: CompleteState | undefined;
  // While Postgres is away the metrics say what was known last.
  const newest = async () => {
    known = (await states.look().catch(() => undefined))?.complete ?? known;
    return known;
  };
  const state = { name: 'tuf_ledger_complete_state', help: 'Number of the newest complete state.' };
  addGauge(registry, state, async () => (await newest())?.state ?? 0);
  const cut = {
    name: 'tuf_ledger_complete_state_cut_seconds',
    help: 'Unix time of the cut of the newest complete state.',
  };
  addGauge(registry, cut, async () => ((await newest())?.at ?? 0) / 1000);
  const cuts = {
    name: 'tuf_ledger_cuts_total',
    help: 'Cuts that this scheduler has appended, by what became of them.',
    label: 'result',
  };
  addCounterBy(registry, cuts, () => Object.entries(scheduler?.cuts ?? {}));
}
