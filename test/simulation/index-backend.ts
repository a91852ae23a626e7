// An index backend: appends records under a key of its own stream straight to the log, as anyone may who is enrolled. What it is not
// told the end of it appends again, byte for byte.

import {
  encodeEnvelope,
  encodePayload,
  eventJson,
  type LedgerEvent,
  preAuthEncoding,
  type RawEvent,
} from '#ledger';
import { type Log, LogError } from '#log';
import type { TestKey } from '../fixtures/keys.js';

const TRIES = 3;
const PAUSE_MS = 100;

/** Makes values of one stream. It outlives the processes that append them. */
export class Stream {
  private seq = 0;

  constructor(
    private readonly ledger: string,
    private readonly key: TestKey,
    private readonly stream: string,
  ) {}

  /** The value of the next record. */
  next(events: readonly (LedgerEvent | RawEvent)[]): Uint8Array {
    this.seq++;
    const raw = events.map(event => eventJson(event as LedgerEvent));
    const payload = encodePayload({
      ledger: this.ledger,
      stream: this.stream,
      seq: this.seq,
      v: 1,
      events: raw,
    });
    return encodeEnvelope(payload, [{ keyid: this.key.keyid, sig: this.key.sign(preAuthEncoding(payload)) }]);
  }
}

/** Appends a value, again if need be. */
export async function appendTrying(log: Log, value: Uint8Array): Promise<void> {
  for (let tries = 1; tries <= TRIES; tries++) {
    try {
      await log.append([value]);
      return;
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
    }
  }
}
