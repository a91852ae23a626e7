// The command that a ready envelope is: its bytes into the log, as they are.

import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { RELAY } from '../parts.js';
import type { Relay, Relayed } from '../relay.js';

/** Appends an envelope that somebody else has signed; gives its events and their places. */
export class RelayEnvelope extends Command<Relayed> {
  constructor(readonly value: Uint8Array) {
    super();
  }
}

@CommandHandler(RelayEnvelope)
export class RelayEnvelopeHandler implements ICommandHandler<RelayEnvelope> {
  constructor(@Inject(RELAY) private readonly relay: Relay) {}

  execute({ value }: RelayEnvelope): Promise<Relayed> {
    return this.relay.relay(value);
  }
}
