// Metrics of the gateway in the text form of Prometheus. All but the durations are read from the parts when they are asked for.

import type { NextFunction, Request, Response } from 'express';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
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
  readonly scheduler: CutScheduler;
  readonly readiness: Readiness;
}

export class Metrics {
  readonly registry = new Registry();
  private readonly requests: Histogram;
  private readonly appended: Counter;

  constructor(sources: MetricSources) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
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
    addLogMetrics(registers, sources);
    addStateMetrics(registers, sources);
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

function addLogMetrics(registers: Registry[], { tail, publisher, readiness }: MetricSources): void {
  gauge(registers, 'tuf_ledger_records', 'Records in the log.', () => tail.size);
  gauge(
    registers,
    'tuf_ledger_queued_events',
    'Events that wait to be appended.',
    () => publisher.queuedEvents,
  );
  new Counter({
    name: 'tuf_ledger_noise_total',
    help: 'Values of the log that were no records, by reason, since the start.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      for (const [reason, count] of tail.noise) this.inc({ reason }, count);
    },
  });
  new Gauge({
    name: 'tuf_ledger_service_lag_records',
    help: 'Records of the log that a projector has not folded.',
    labelNames: ['service'],
    registers,
    collect() {
      for (const { name, lag } of readiness.services()) this.set({ service: name }, lag);
    },
  });
}

function addStateMetrics(registers: Registry[], { states, scheduler }: MetricSources): void {
  let known: CompleteState | undefined;
  // While Postgres is away the metrics say what was known last.
  const newest = async () => {
    known = (await states.look().catch(() => undefined))?.complete ?? known;
    return known;
  };
  gauge(
    registers,
    'tuf_ledger_complete_state',
    'Number of the newest complete state.',
    async () => (await newest())?.state ?? 0,
  );
  gauge(
    registers,
    'tuf_ledger_complete_state_cut_seconds',
    'Unix time of the cut of the newest complete state.',
    async () => ((await newest())?.at ?? 0) / 1000,
  );
  new Counter({
    name: 'tuf_ledger_cuts_total',
    help: 'Cuts that this scheduler has appended, by what became of them.',
    labelNames: ['result'],
    registers,
    collect() {
      this.reset();
      this.inc({ result: 'applied' }, scheduler.cuts.applied);
      this.inc({ result: 'rejected' }, scheduler.cuts.rejected);
    },
  });
}

function gauge(
  registers: Registry[],
  name: string,
  help: string,
  value: () => number | Promise<number>,
): void {
  new Gauge({
    name,
    help,
    registers,
    async collect() {
      this.set(await value());
    },
  });
}
