// A record as it stands in the log, where projector-root has noted that it stands.

import { decodeEnvelope, decodePayload, type Envelope, type Payload } from '#ledger';
import type { LogEntry } from '#log';
import { Problem } from './problem.js';

/** The record of a position, which was noted at `offset`. @throws Problem `log-forked` where the log holds none there. */
export function logRecord(
  entry: LogEntry | undefined,
  offset: number | undefined,
  position: number,
): { readonly envelope: Envelope; readonly payload: Payload } {
  const envelope = entry && entry.offset === offset ? decodeEnvelope(entry.value) : undefined;
  const payload = envelope && decodePayload(envelope.payload);
  if (envelope && payload) return { envelope, payload };
  throw recordGone(position);
}

export function recordGone(position: number): Problem {
  return new Problem(
    'log-forked',
    `The log does not hold the record of position ${position} where it stood before.`,
  );
}
