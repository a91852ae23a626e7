// Writes records under one key and stream. The next sequence number follows from what was admitted and from what this writer
// has sent itself, so a record that was lost on the way never blocks the next one.

import {
  encodeEnvelope,
  encodePayload,
  eventJson,
  type LedgerEvent,
  MAX_VALUE_BYTES,
  preAuthEncoding,
  type RawEvent,
} from '#ledger';
import { APPENDER_LIMITS, type Log } from '#log';
import type { Reader } from '#projection';
import type { SigningKey } from '#signing';

/** Records of one append: at their largest, together what one batch of the log may hold. */
const RECORDS_PER_APPEND = Math.floor(APPENDER_LIMITS.batchBytes / MAX_VALUE_BYTES);

/** Under which key and stream records are written. A stream is one process's own. */
export interface RecordAuthor {
  readonly key: SigningKey;
  readonly stream: string;
}

export class RecordWriter {
  private lastSeq = 0;
  /** The append before has been handed to the log. */
  private handed: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly author: RecordAuthor,
    private readonly target: { readonly ledger: string; readonly log: Log; readonly reader: Reader },
  ) {}

  /** Appends records of these events, in order; gives the log offset of each once it was read back. */
  async append(records: readonly (readonly LedgerEvent[])[]): Promise<readonly number[]> {
    const { ledger, log, reader } = this.target;
    const v = reader.authority?.rules ?? 1;
    const sealed = Promise.all(
      records.map(events =>
        sealRecord(this.author, { ledger, seq: this.nextSeq(), v }, events.map(eventJson)),
      ),
    );
    // Signing may take one append longer than the next; the log must see sequence numbers rise.
    const before = this.handed;
    const appends = sealed.then(async values => {
      await before;
      return batchesOf(values).map(batch => log.append(batch));
    });
    // One that can't be signed must not let the next pass those before it.
    this.handed = Promise.allSettled([before, appends]);
    const offsets = await Promise.all(await appends);
    return offsets.flat();
  }

  private nextSeq(): number {
    const { key, stream } = this.author;
    const admitted = this.target.reader.authority?.sequences.get(key.keyid)?.get(stream) ?? 0;
    this.lastSeq = Math.max(this.lastSeq, admitted) + 1;
    return this.lastSeq;
  }
}

/**
 * The value of a record: the signed envelope of these events under one sequence number and version of the rules. `texts` are the
 * events' canonical texts, for who has them at hand.
 */
export async function sealRecord(
  { key, stream }: RecordAuthor,
  frame: { readonly ledger: string; readonly seq: number; readonly v: number },
  events: readonly RawEvent[],
  texts?: readonly string[],
): Promise<Uint8Array> {
  const payload = encodePayload({ ...frame, stream, events }, texts);
  return encodeEnvelope(payload, [{ keyid: key.keyid, sig: await key.sign(preAuthEncoding(payload)) }]);
}

/** Parts of at most RECORDS_PER_APPEND values, in order. The log keeps the order of calls. */
function batchesOf(values: readonly Uint8Array[]): Uint8Array[][] {
  const batches: Uint8Array[][] = [];
  for (let i = 0; i < values.length; i += RECORDS_PER_APPEND)
    batches.push(values.slice(i, i + RECORDS_PER_APPEND));
  return batches;
}
