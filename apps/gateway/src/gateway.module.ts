// The gateway: HTTP in front of the log and the projections, and the scheduler of cuts.

import { type DynamicModule, type FactoryProvider, Module, type Provider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { BearerTokens } from './bearer-tokens.js';
import { AppendEventsHandler } from './commands/append-events.js';
import { RelayEnvelopeHandler } from './commands/relay-envelope.js';
import { OutcomesController } from './controllers/outcomes.controller.js';
import { RecordsController } from './controllers/records.controller.js';
import { RepositoryController } from './controllers/repository.controller.js';
import { ServiceController } from './controllers/service.controller.js';
import { CutScheduler } from './cut-scheduler.js';
import { FoldedRecords } from './folded-records.js';
import { GatewayLife } from './gateway-life.js';
import type { LogTail } from './log-tail.js';
import { Metrics } from './metrics.js';
import { OutcomeStream } from './outcome-stream.js';
import { Outcomes } from './outcomes.js';
import type { GatewayParts } from './parts.js';
import * as tokens from './parts.js';
import { ProblemFilter } from './problem.filter.js';
import { Publisher } from './publisher.js';
import { ReadLogHandler } from './queries/log-page.js';
import { AwaitPublicationHandler } from './queries/publication.js';
import { GetRecordHandler } from './queries/record.js';
import { FindRecordHandler } from './queries/record-at.js';
import { ListRejectionsHandler } from './queries/rejections.js';
import { GetRoleVersionHandler, ListRolesHandler } from './queries/roles.js';
import { ListStatesHandler } from './queries/states.js';
import { GetTargetHandler, ListTargetsHandler } from './queries/targets.js';
import { Readiness } from './readiness.js';
import { Relay } from './relay.js';

export { configureHttp } from './http.js';
export type { GatewayParts } from './parts.js';

const HANDLERS = [
  AppendEventsHandler,
  RelayEnvelopeHandler,
  AwaitPublicationHandler,
  GetRecordHandler,
  FindRecordHandler,
  ReadLogHandler,
  ListTargetsHandler,
  GetTargetHandler,
  ListRolesHandler,
  GetRoleVersionHandler,
  ListStatesHandler,
  ListRejectionsHandler,
];

@Module({})
export class GatewayModule {
  /** The module of one ledger's gateway. */
  static register(parts: GatewayParts): DynamicModule {
    return {
      module: GatewayModule,
      imports: [CqrsModule.forRoot()],
      controllers: [RecordsController, OutcomesController, RepositoryController, ServiceController],
      providers: [
        ...appending(parts),
        ...watching(parts),
        { provide: APP_FILTER, useClass: ProblemFilter },
        ...HANDLERS,
      ],
    };
  }
}

function appending(parts: GatewayParts): Provider[] {
  return [
    { provide: tokens.GATEWAY_PARTS, useValue: parts },
    { provide: tokens.BEARER_TOKENS, useFactory: () => new BearerTokens() },
    { provide: tokens.LOG_TAIL, useValue: parts.tail },
    {
      provide: tokens.PUBLISHER,
      inject: [tokens.LOG_TAIL],
      useFactory: (tail: LogTail) => new Publisher(tail, parts.publisher, parts.ledger),
    },
    { provide: tokens.RELAY, inject: [tokens.LOG_TAIL], useFactory: (tail: LogTail) => new Relay(tail) },
  ];
}

function watching(parts: GatewayParts): Provider[] {
  return [
    { provide: tokens.OUTCOMES, useFactory: () => new Outcomes(parts.history, parts.crypto) },
    {
      provide: tokens.OUTCOME_STREAM,
      inject: [tokens.LOG_TAIL, tokens.OUTCOMES],
      useFactory: (tail: LogTail, outcomes: Outcomes) =>
        new OutcomeStream(new FoldedRecords(parts, tail, outcomes), parts.report),
    },
    {
      provide: tokens.CUT_SCHEDULER,
      inject: [tokens.LOG_TAIL, tokens.PUBLISHER],
      useFactory: (tail: LogTail, publisher: Publisher) => {
        if (!parts.scheduler) return undefined;
        const { intervalMs } = parts.scheduler;
        const queued = () => publisher.queuedEvents;
        const own = new Publisher(tail, parts.scheduler, parts.ledger);
        return new CutScheduler({ ...parts, intervalMs, queued }, own);
      },
    },
    {
      provide: tokens.READINESS,
      inject: [tokens.LOG_TAIL],
      useFactory: (tail: LogTail) => new Readiness(parts, tail),
    },
    metrics(parts),
    life(parts),
  ];
}

function metrics({ states, aspects = [] }: GatewayParts): FactoryProvider {
  return {
    provide: tokens.METRICS,
    inject: [tokens.LOG_TAIL, tokens.PUBLISHER, tokens.CUT_SCHEDULER, tokens.READINESS],
    useFactory: (
      tail: LogTail,
      publisher: Publisher,
      scheduler: CutScheduler | undefined,
      readiness: Readiness,
    ) => new Metrics({ tail, publisher, states, scheduler, readiness }, aspects),
  };
}

function life(parts: GatewayParts): FactoryProvider {
  return {
    provide: tokens.LIFE,
    inject: [tokens.BEARER_TOKENS, tokens.LOG_TAIL, tokens.CUT_SCHEDULER],
    useFactory: (bearers: BearerTokens, tail: LogTail, scheduler: CutScheduler | undefined) =>
      new GatewayLife(parts, { tokens: bearers, tail, scheduler }),
  };
}
