export {
  type Admission,
  admissionOf,
  admissionText,
  admit,
  beginAdmission,
  type DecodedValue,
  decodeValue,
  type LedgerRecord,
  type NoiseReason,
  prefixRoot,
  recordChecks,
} from './admission.js';
export {
  APPLIED,
  type Author,
  type Authority,
  type AuthorityEvent,
  areSameKeys,
  decideAuthority,
  isAuthorityEvent,
  KNOWN_RULES,
  keySetOf,
  MAX_STREAMS_PER_KEY,
  mayCut,
  mayIndex,
  rejected,
  roleKeysOf,
  UNCHANGED,
  type Verdict,
  withoutKey,
} from './authority.js';
export { decodeEvent, MAX_KEYS, MAX_REASON_BYTES, MAX_SIGNED_ENTRIES } from './decode.js';
export {
  decodeEnvelope,
  type Envelope,
  type EnvelopeSignature,
  encodeEnvelope,
  MAX_SIGNATURES,
  MAX_VALUE_BYTES,
  PAYLOAD_TYPE,
  preAuthEncoding,
} from './envelope.js';
export { LedgerError, type LedgerErrorCode } from './errors.js';
export * from './event.js';
export {
  appendLeaf,
  EMPTY_FRONTIER,
  type Frontier,
  frontierJson,
  frontierOf,
  leafHash,
  treeRoot,
} from './merkle.js';
export { ADMINISTRATORS, ledgerName } from './opening.js';
export {
  allPathsPatterns,
  isProjectName,
  MAX_PATH_BYTES,
  MAX_SEGMENTS,
  type PathRule,
  pathFault,
} from './path.js';
export {
  ADMIN_STREAM,
  decodePayload,
  encodePayload,
  MAX_EVENTS_PER_RECORD,
  type Payload,
  type RawEvent,
} from './payload.js';
export type { Rejection, RejectionCode } from './rejection.js';
