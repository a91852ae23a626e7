// What clients and index backends were told, to be held against the log.

import { decodeEnvelope, decodePayload, eventJson, type LedgerEvent, type RawEvent } from '#ledger';
import { canonicalize, equalBytes } from '#tuf';
import type { Oracle } from './oracle.js';
import { demand } from './violation.js';
import type { Acknowledged } from './watched-log.js';

type AnyEvent = LedgerEvent | RawEvent;

/** An event that a gateway answered with a place in the log. */
interface Answered {
  readonly event: AnyEvent;
  readonly position: number;
  readonly index: number;
}

const CHECK = 'what is acknowledged is kept';

export class Answers {
  private readonly acknowledged: Acknowledged[] = [];
  private readonly answered: Answered[] = [];
  /** The requests whose clients were told of an error, or of nothing. */
  readonly open = new Set<readonly AnyEvent[]>();

  readonly acknowledge = (found: Acknowledged): void => {
    this.acknowledged.push(found);
  };

  answer(events: readonly AnyEvent[], places: readonly { position: number; event: number }[]): void {
    events.forEach((event, i) => {
      this.answered.push({ event, position: places[i]!.position, index: places[i]!.event });
    });
  }

  /** @throws Violation where something that was acknowledged is not in the log as it was said to be. */
  check({ topic, effects }: Oracle): void {
    for (const { process, offset, value } of this.acknowledged) {
      const [entry] = topic.page(offset, 1, 1);
      const isThere = entry !== undefined && equalBytes(entry.value, value);
      demand(isThere, CHECK, () => `${process} was told that its value stands at offset ${offset}.`);
    }
    for (const { event, position, index } of this.answered) {
      const step = effects[position]?.step;
      const said = step && decodePayload(decodeEnvelope(step.value)!.payload)!.events[index];
      const isThere =
        said !== undefined && canonicalize(said) === canonicalize(eventJson(event as LedgerEvent));
      demand(
        isThere,
        CHECK,
        () => `a client was told that ${JSON.stringify(event)} is event ${index} at position ${position}.`,
      );
    }
  }
}
