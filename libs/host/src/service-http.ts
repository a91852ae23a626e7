// What every service answers by HTTP: whether it runs, whether it does its work, and its metrics. The gateway has answers of its own.

import { Controller, type DynamicModule, Get, Inject, Module, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Registry } from 'prom-client';
import { type Aspect, lookAtAll } from './aspect.js';
import { addProcessMetrics } from './pulled-metrics.js';

const HTTP_UNAVAILABLE = 503;
const SERVICE_NAME = Symbol('SERVICE_NAME');
const ASPECTS = Symbol('ASPECTS');
const REGISTRY = Symbol('REGISTRY');

@Controller()
class ServiceController {
  constructor(
    @Inject(SERVICE_NAME) private readonly service: string,
    @Inject(ASPECTS) private readonly aspects: readonly Aspect[],
    @Inject(REGISTRY) private readonly registry: Registry,
  ) {}

  /** A service that can't go on ends its process. */
  @Get('healthz')
  health() {
    return { status: 'ok', service: this.service };
  }

  @Get('readyz')
  async ready(@Res({ passthrough: true }) response: Response) {
    const { reasons, members } = await lookAtAll(this.aspects);
    response.setHeader('Cache-Control', 'no-store');
    if (reasons.length > 0) response.status(HTTP_UNAVAILABLE);
    return { ready: reasons.length === 0, reasons, service: this.service, ...members };
  }

  @Get('metrics')
  async metrics(@Res() response: Response): Promise<void> {
    response.setHeader('Cache-Control', 'no-store');
    response.type(this.registry.contentType).send(await this.registry.metrics());
  }
}

@Module({})
export class ServiceModule {
  /** The answers of a service that is made of these aspects. */
  static register(service: string, aspects: readonly Aspect[]): DynamicModule {
    return {
      module: ServiceModule,
      controllers: [ServiceController],
      providers: [
        { provide: SERVICE_NAME, useValue: service },
        { provide: ASPECTS, useValue: aspects },
        { provide: REGISTRY, useFactory: () => registryOf(aspects) },
      ],
    };
  }
}

function registryOf(aspects: readonly Aspect[]): Registry {
  const registry = new Registry();
  addProcessMetrics(registry);
  for (const aspect of aspects) aspect.measure?.(registry);
  return registry;
}
