// The command that an upload is: events, checked already, into the log.

import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { RawEvent } from '#ledger';
import { PUBLISHER } from '../parts.js';
import type { EventPlace, Publisher } from '../publisher.js';

/** Appends events under the gateway's key; gives the place of each. */
export class AppendEvents extends Command<EventPlace[]> {
  constructor(readonly events: readonly RawEvent[]) {
    super();
  }
}

@CommandHandler(AppendEvents)
export class AppendEventsHandler implements ICommandHandler<AppendEvents> {
  constructor(@Inject(PUBLISHER) private readonly publisher: Publisher) {}

  execute({ events }: AppendEvents): Promise<EventPlace[]> {
    return this.publisher.publish(events);
  }
}
