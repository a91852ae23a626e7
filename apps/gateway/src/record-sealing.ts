// Events into records: how many fit one, and its signed value. Lengths are reckoned from the canonical text of each event, since
// a record's value may have 65,535 bytes at most and base64 takes 4 bytes for every 3 of its payload.

import { type RecordAuthor, sealRecord } from '#host';
import { encodeEnvelope, LedgerError, MAX_EVENTS_PER_RECORD, MAX_VALUE_BYTES, type RawEvent } from '#ledger';
import { canonicalize, type Key, readPublicKey } from '#tuf';

/** The longest DER signature of ECDSA on P-256, in bytes. */
const ECDSA_SIGNATURE_BYTES = 72;
const ED25519_SIGNATURE_BYTES = 64;

/** Events that go into one record, and their canonical texts. `bytes` is the length that its value has at most. */
export interface RecordPlan {
  readonly events: readonly RawEvent[];
  readonly texts: readonly string[];
  readonly bytes: number;
}

export class RecordSealer {
  private readonly envelopeBytes: number;
  private readonly frameBytes: number;

  constructor(
    private readonly author: RecordAuthor,
    private readonly ledger: string,
  ) {
    const { key, keyid } = author.key;
    const sig = new Uint8Array(signatureBytes(key));
    this.envelopeBytes = encodeEnvelope(new Uint8Array(), [{ keyid, sig }]).length;
    const { MAX_SAFE_INTEGER } = Number;
    this.frameBytes = canonicalize({
      events: [],
      ledger,
      seq: MAX_SAFE_INTEGER,
      stream: author.stream,
      v: MAX_SAFE_INTEGER,
    }).length;
  }

  /**
   * Spreads events over as few records as they fit in their order.
   * @throws LedgerError `record-too-large` where one event does not fit a record of its own.
   */
  plan(events: readonly RawEvent[]): RecordPlan[] {
    const plans: RecordPlan[] = [];
    let current: RawEvent[] = [];
    let texts: string[] = [];
    let payload = this.frameBytes;
    const close = () => {
      if (current.length > 0) plans.push({ events: current, texts, bytes: this.valueBytes(payload) });
      current = [];
      texts = [];
      payload = this.frameBytes;
    };
    events.forEach((event, index) => {
      const text = canonicalize(event);
      const bytes = Buffer.byteLength(text);
      const fits =
        this.valueBytes(payload + bytes + 1) <= MAX_VALUE_BYTES && current.length < MAX_EVENTS_PER_RECORD;
      if (!fits) close();
      if (this.valueBytes(this.frameBytes + bytes) > MAX_VALUE_BYTES) throw tooLarge(index, bytes);
      // The comma before it.
      payload += bytes + (current.length === 0 ? 0 : 1);
      current.push(event);
      texts.push(text);
    });
    close();
    return plans;
  }

  /** The value of a record under one sequence number and version of the rules. */
  seal(plan: RecordPlan, frame: { readonly seq: number; readonly v: number }): Promise<Uint8Array> {
    return sealRecord(this.author, { ...frame, ledger: this.ledger }, plan.events, plan.texts);
  }

  private valueBytes(payloadBytes: number): number {
    return this.envelopeBytes + Math.ceil(payloadBytes / 3) * 4;
  }
}

function signatureBytes(key: Key): number {
  const publicKey = readPublicKey(key);
  switch (publicKey.kind) {
    case 'ed25519':
      return ED25519_SIGNATURE_BYTES;
    case 'ecdsa':
      return ECDSA_SIGNATURE_BYTES;
    case 'rsa':
      return Math.ceil(publicKey.modulusBits / 8);
  }
}

function tooLarge(index: number, bytes: number): LedgerError {
  return new LedgerError(
    'record-too-large',
    `events[${index}] has ${bytes} bytes as canonical JSON and fits no record, whose value has at most ${MAX_VALUE_BYTES} bytes with its signature and in base64. Split it.`,
  );
}
