// Why an event, or one entry of `signed`, had no effect. The codes and the order in which they are tried are part of the
// rules (DESIGN law 10): the same in every replica and replay. Details are for people and may change.

/** Every code of rules 1. */
export type RejectionCode =
  // From the bytes alone, decided by projector-root:
  | 'rules-not-active'
  | 'mixed-record'
  | 'event-unknown'
  | 'field-unknown'
  | 'field-missing'
  | 'field-type'
  | 'field-range'
  | 'text-unstable'
  | 'hash-algorithm'
  | 'hash-malformed'
  | 'length-range'
  | 'project-name'
  | 'path-empty'
  | 'path-absolute'
  | 'path-dots'
  | 'path-too-long'
  | 'path-too-deep'
  | 'path-character'
  | 'path-mismatch'
  | 'key-invalid'
  // By who said it:
  | 'not-permitted'
  // By what is there at its position:
  | 'path-taken'
  | 'path-spent'
  | 'target-unknown'
  | 'publisher-unknown'
  | 'key-taken'
  | 'rules-version'
  | 'not-in-rules'
  | 'already-open'
  | 'not-open'
  | 'cut-stale'
  | 'cut-too-early'
  | 'cut-out-of-range'
  | 'clock-out-of-range'
  | 'draft-missing'
  | 'draft-version'
  | 'draft-hash'
  | 'draft-unknown'
  | 'draft-dead'
  | 'targets-first'
  | 'bins-first'
  | 'key-not-in-role'
  | 'threshold-unreachable'
  | 'signature-invalid';

/** A rejection: its code, and what was wrong and where, in words. */
export interface Rejection {
  readonly code: RejectionCode;
  readonly detail: string;
}
