// Outcomes as they come, for backends that append straight to the topic and for whoever else wants to know.

import { Controller, Get, Headers, Inject, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { GatewayLife } from '../gateway-life.js';
import { problems, schema } from '../openapi.js';
import type { OutcomeStream } from '../outcome-stream.js';
import { integerOf } from '../paging.js';
import { LIFE, OUTCOME_STREAM } from '../parts.js';

/** The highest position that has a next one. */
const MAX_AFTER = Number.MAX_SAFE_INTEGER - 1;

@ApiTags('records')
@Controller('v1')
export class OutcomesController {
  constructor(
    @Inject(OUTCOME_STREAM) private readonly stream: OutcomeStream,
    @Inject(LIFE) private readonly life: GatewayLife,
  ) {}

  @Get('outcomes')
  @ApiOperation({
    summary: 'A stream of what became of each record, in order, as server-sent events.',
    description:
      'One event for each record that every projector has folded, whoever appended it; "id" is its position. Begins above Last-Event-ID, else above "after", else with the next record. A client that takes nothing for 30 s is cut off, and comes back with Last-Event-ID.',
  })
  @ApiQuery({ name: 'after', required: false, schema: { type: 'integer', minimum: -1 } })
  @ApiHeader({ name: 'Last-Event-ID', required: false, schema: { type: 'integer' } })
  @ApiResponse({
    status: 200,
    description: 'The stream; "data" of each event is a RecordOutcomes.',
    content: { 'text/event-stream': { schema: schema('RecordOutcomes') } },
  })
  @problems(400, 503)
  async outcomes(
    @Query('after') after: unknown,
    @Headers('last-event-id') last: unknown,
    @Res() response: Response,
  ): Promise<void> {
    const from = last === undefined ? optional('after', after) : optional('Last-Event-ID', last);
    await this.stream.send(response, from, this.life.signal);
  }
}

/** @throws Problem `query-invalid`. */
function optional(name: string, text: unknown): number | undefined {
  return text === undefined ? undefined : integerOf(name, text, -1, MAX_AFTER);
}
