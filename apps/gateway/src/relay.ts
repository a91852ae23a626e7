// Ready envelopes into the log, as they are. Whoever made one has signed it; the gateway only saves its sender from appending
// noise: it says beforehand why a value would be no record.

import { decodeEnvelope, decodePayload, MAX_VALUE_BYTES, type NoiseReason, type RawEvent } from '#ledger';
import type { Fate, LogTail } from './log-tail.js';
import { Problem } from './problem.js';
import type { EventPlace } from './publisher.js';

/** Envelopes that may be on their way into the log at once. */
const MAX_RELAYED = 1_000;

/** A relayed record: its position, and the events in it. */
export interface Relayed {
  readonly events: readonly RawEvent[];
  readonly places: readonly EventPlace[];
}

export class Relay {
  private under = 0;

  constructor(private readonly tail: LogTail) {}

  /**
   * Appends an envelope byte for byte.
   * @throws Problem `noise` where it would be no record at this place of the log, `busy`; LedgerError `rules-unknown`; LogError.
   */
  async relay(value: Uint8Array): Promise<Relayed> {
    await this.tail.caughtUp();
    // Also keeps an activation of unknown rules out, which would stop every service: it throws.
    positionOf(this.tail.judge(value));
    const position = positionOf(await this.append(value));
    const { events } = decodePayload(decodeEnvelope(value)!.payload)!;
    return { events, places: events.map((_, event) => ({ position, event })) };
  }

  private async append(value: Uint8Array): Promise<Fate> {
    if (this.under >= MAX_RELAYED)
      throw new Problem('busy', `${MAX_RELAYED} envelopes are being appended; send this one again shortly.`);
    this.under++;
    try {
      const [fate] = await this.tail.append([value]);
      return fate!;
    } finally {
      this.under--;
    }
  }
}

function positionOf(fate: Fate): number {
  if ('position' in fate) return fate.position;
  throw new Problem('noise', `The envelope would be noise (${fate.noise}): ${REASONS[fate.noise]}`, {
    reason: fate.noise,
  });
}

const REASONS: Readonly<Record<NoiseReason, string>> = {
  envelope: `it is not the canonical JSON of a DSSE envelope with its payload type and signatures in keyid order, of at most ${MAX_VALUE_BYTES} bytes.`,
  payload:
    'its payload is not the canonical JSON of a record: ledger, stream, seq, v, and 1 to 1,000 events with a type.',
  ledger: 'it is of another ledger; its payload\'s "ledger" must be this one\'s name (see /v1/ledger).',
  'before-opening': 'the ledger is not open, and this is not its opening record.',
  'publisher-unknown': 'its key is not enrolled as a publisher, or was revoked.',
  signatures:
    'it does not bear exactly the signatures that it needs: one by a publisher, or the administrators\' threshold in stream "admin".',
  streams: 'its key has written to as many streams as a key can have.',
  sequence:
    'its "seq" is not above the last one of its key and stream. If this very envelope was sent before, its record is in the ledger already.',
  signature: 'a signature does not verify.',
};
