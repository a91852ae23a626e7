// Appending, and reading what was appended. The path of an upload begins here.

import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { AppendEvents } from '../commands/append-events.js';
import { RelayEnvelope } from '../commands/relay-envelope.js';
import { checkPermitted, readEvents } from '../event-request.js';
import type { GatewayLife } from '../gateway-life.js';
import type { LogTail } from '../log-tail.js';
import type { Metrics } from '../metrics.js';
import { answers, listQueries, schema } from '../openapi.js';
import type { PlacedEvent } from '../outcomes.js';
import { integerOf, limitOf, optionalInteger } from '../paging.js';
import { LIFE, LOG_TAIL, METRICS } from '../parts.js';
import { Problem } from '../problem.js';
import { ReadLog } from '../queries/log-page.js';
import { AwaitPublication } from '../queries/publication.js';
import { GetRecord } from '../queries/record.js';
import { FindRecord } from '../queries/record-at.js';
import { bearerOf, bodyOf, ENVELOPE_TYPE, EVENTS_TYPE, mediaType } from '../records-intake.js';

const HTTP_OK = 200;
const HTTP_ACCEPTED = 202;

/** The answer to an append: where its records and events stand, and what became of the events if that was waited for. */
interface Appended {
  readonly positions: readonly number[];
  readonly events: readonly { readonly position: number; readonly event: number }[];
  readonly outcomes?: readonly object[];
}

@ApiTags('records')
@Controller('v1')
export class RecordsController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(LOG_TAIL) private readonly tail: LogTail,
    @Inject(LIFE) private readonly life: GatewayLife,
    @Inject(METRICS) private readonly metrics: Metrics,
  ) {}

  @Post('records')
  @HttpCode(HTTP_OK)
  @ApiOperation({
    summary: 'Appends events in their order, or a ready envelope as it is.',
    description:
      'Answers when every record was read back from the log. With wait=published it also waits for the outcome of each event: at once for what is rejected or changes nothing, for the rest until it is in a complete state, or 202 after 30 s with what is known.',
  })
  @ApiBearerAuth()
  @ApiQuery({ name: 'wait', required: false, enum: ['published'] })
  @ApiBody({
    required: true,
    description: `${EVENTS_TYPE}: events. ${ENVELOPE_TYPE}: a ready envelope, which needs the permission "relay".`,
    schema: schema('EventsRequest'),
  })
  @answers('Appended', 400, 401, 403, 413, 415, 422, 503)
  @answers({
    status: HTTP_ACCEPTED,
    schema: 'Appended',
    description: 'Appended, and not wholly published in time.',
  })
  async append(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Query('wait') wait: unknown,
  ): Promise<Appended> {
    const waits = waitsForPublication(wait);
    const events =
      mediaType(request) === ENVELOPE_TYPE
        ? await this.relay(request, response)
        : await this.say(request, response);
    this.metrics.countAppended(events.length);
    const appended = {
      positions: [...new Set(events.map(({ position }) => position))],
      events: events.map(({ position, event }) => ({ position, event })),
    };
    return waits ? { ...appended, outcomes: await this.published(events, response) } : appended;
  }

  private async say(request: Request, response: Response): Promise<PlacedEvent[]> {
    const events = readEvents(bodyOf(request), this.tail.opened);
    checkPermitted(events, bearerOf(response));
    const places = await this.commands.execute(new AppendEvents(events));
    return places.map((place, i) => ({ ...place, raw: events[i]! }));
  }

  private async relay(request: Request, response: Response): Promise<PlacedEvent[]> {
    const { name, permissions } = bearerOf(response);
    if (!permissions.has('relay')) {
      throw new Problem(
        'not-permitted',
        `The token "${name}" lacks the permission "relay", which ready envelopes need.`,
      );
    }
    const { events, places } = await this.commands.execute(new RelayEnvelope(bodyOf(request)));
    return places.map((place, i) => ({ ...place, raw: events[i]! }));
  }

  /** Waits for the outcomes of events, until the client leaves or the service stops. */
  async published(events: readonly PlacedEvent[], response: Response): Promise<object[]> {
    // Not AbortSignal.any: a signal that lives as long as the service would keep something of every request.
    const stopping = this.life.signal;
    const ending = new AbortController();
    const end = () => ending.abort();
    response.once('close', end);
    stopping.addEventListener('abort', end);
    if (stopping.aborted) end();
    const { published, outcomes } = await this.queries
      .execute(new AwaitPublication(events, ending.signal))
      .finally(() => stopping.removeEventListener('abort', end));
    response.status(published ? HTTP_OK : HTTP_ACCEPTED);
    return outcomes.map(({ index, ...outcome }) => ({ event: index, ...outcome }));
  }

  @Get('records')
  @ApiOperation({
    summary: 'The record at an offset of the log, for who has appended it without a gateway.',
  })
  @ApiQuery({ name: 'offset', required: true, schema: { type: 'integer' } })
  @answers('Record', 400, 404, 503)
  recordAt(@Query('offset') offset: unknown) {
    return this.queries.execute(new FindRecord(integerOf('offset', offset, 0, Number.MAX_SAFE_INTEGER)));
  }

  @Get('records/:position')
  @ApiOperation({
    summary: 'A record: its events, what became of each, its author, and the first state that covers it.',
  })
  @ApiParam({ name: 'position', type: 'integer' })
  @answers('Record', 400, 404, 503)
  record(@Param('position') position: string) {
    return this.queries.execute(new GetRecord(integerOf('position', position, 0, Number.MAX_SAFE_INTEGER)));
  }

  @Get('log')
  @ApiOperation({
    summary: 'The values of the log as they are, noise included, for whoever replays the ledger.',
  })
  @listQueries({ name: 'after', type: 'integer', description: 'Values at offsets above this one.' })
  @answers('LogPage', 400, 503)
  log(@Query('after') after: unknown, @Query('limit') limit: unknown) {
    return this.queries.execute(new ReadLog(optionalInteger('after', after, -1) ?? -1, limitOf(limit)));
  }
}

function waitsForPublication(wait: unknown): boolean {
  if (wait === undefined || wait === 'published') return wait === 'published';
  throw new Problem('query-invalid', 'wait can only be "published", or absent.');
}
