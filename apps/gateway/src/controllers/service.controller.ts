// The ledger itself, and how its services are doing.

import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { problemOf } from '../known-problem.js';
import type { LogTail } from '../log-tail.js';
import type { Metrics } from '../metrics.js';
import { answers } from '../openapi.js';
import { GATEWAY_PARTS, type GatewayParts, LOG_TAIL, METRICS, READINESS } from '../parts.js';
import type { Readiness, ReadinessView } from '../readiness.js';

const HTTP_UNAVAILABLE = 503;

@ApiTags('service')
@Controller()
export class ServiceController {
  constructor(
    @Inject(GATEWAY_PARTS) private readonly parts: Pick<GatewayParts, 'ledger'>,
    @Inject(LOG_TAIL) private readonly tail: LogTail,
    @Inject(READINESS) private readonly readiness: Readiness,
    @Inject(METRICS) private readonly metrics: Metrics,
  ) {}

  @Get('v1/ledger')
  @ApiOperation({
    summary: "The ledger's name, what its opening fixed, and the prefix of the log that was read.",
  })
  @answers('Ledger', 503)
  ledger() {
    const { origin, pathRule, bins } = this.tail.opened;
    const { size, rootHash, authority } = this.tail;
    return { ledger: this.parts.ledger, origin, pathRule, bins, rules: authority!.rules, size, rootHash };
  }

  @Get('healthz')
  @ApiOperation({ summary: 'Whether the service runs.' })
  @answers('Health', 500, 503)
  health() {
    if (this.tail.failure) throw problemOf(this.tail.failure);
    return { status: 'ok' };
  }

  @Get('readyz')
  @ApiOperation({
    summary:
      'Whether the ledger does its work: the lag of each service, the last cut and the newest complete state.',
  })
  @answers('Readiness')
  @answers({ status: HTTP_UNAVAILABLE, schema: 'Readiness', description: 'Not ready; "reasons" says why.' })
  async ready(@Res({ passthrough: true }) response: Response): Promise<ReadinessView> {
    const view = await this.readiness.look();
    response.setHeader('Cache-Control', 'no-store');
    if (!view.ready) response.status(HTTP_UNAVAILABLE);
    return view;
  }

  @Get('metrics')
  @ApiExcludeEndpoint()
  async prometheus(@Res() response: Response): Promise<void> {
    const { registry } = this.metrics;
    response.setHeader('Cache-Control', 'no-store');
    response.type(registry.contentType).send(await registry.metrics());
  }
}
