// What the gateway answers when it does not do what was asked: problem documents (RFC 9457), each with a stable `code`.
//
//   {"type":"urn:tuf-ledger:problem:CODE","title":...,"status":...,"code":CODE,"detail":...}
//
// Codes never change their meaning. `detail` is for people and may change. Where one event of a request is at fault, `event` is
// its index in the request; where a value is noise, `reason` says why.

import type { RejectionCode } from '#ledger';

interface Kind {
  readonly status: number;
  readonly title: string;
}

const KINDS = {
  'json-malformed': { status: 400, title: 'The body is not JSON' },
  'query-invalid': { status: 400, title: 'The URL is not one that this service understands' },
  'body-incomplete': { status: 400, title: 'The body did not arrive whole' },
  'token-missing': { status: 401, title: 'A bearer token is needed' },
  'token-invalid': { status: 401, title: 'The bearer token is not known' },
  'not-permitted': { status: 403, title: 'The bearer token does not permit this' },
  'route-unknown': { status: 404, title: 'There is no such resource' },
  'record-unknown': { status: 404, title: 'There is no such record' },
  'target-unknown': { status: 404, title: 'There is no such target' },
  'role-unknown': { status: 404, title: 'There is no such version of a role' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'media-type': { status: 415, title: 'The media type of the body is not supported' },
  'record-too-large': { status: 422, title: 'An event does not fit a record' },
  noise: { status: 422, title: 'The envelope would be no record of this ledger' },
  'rules-unknown': { status: 422, title: 'The record activates rules that this service does not know' },
  internal: { status: 500, title: 'The service failed' },
  'log-forked': { status: 500, title: 'The log is not the one that was read before' },
  busy: { status: 503, title: 'Too much is waiting to be appended' },
  'streams-full': { status: 503, title: 'As many listen to outcomes as may' },
  starting: { status: 503, title: 'The service is not ready yet' },
  stopping: { status: 503, title: 'The service is stopping' },
  behind: { status: 503, title: 'The projections have not come that far yet' },
  'ledger-not-open': { status: 503, title: 'The ledger has no opening record yet' },
  'log-unavailable': { status: 503, title: 'The log does not answer' },
  'store-unavailable': { status: 503, title: 'The projections do not answer' },
  'publisher-revoked': { status: 503, title: "The gateway's key is not enrolled" },
  'publisher-streams': { status: 503, title: "The gateway's key has no stream left" },
  'publisher-raced': { status: 503, title: "Another process writes to the gateway's stream" },
} as const satisfies Record<string, Kind>;

/** The gateway's own codes; events that are malformed in themselves are refused with the ledger's (RejectionCode). */
export type GatewayCode = keyof typeof KINDS;
export type ProblemCode = GatewayCode | RejectionCode;

const REFUSED_EVENT: Kind = { status: 422, title: 'The request has a malformed event' };

/** Seconds after which a client may try again, in answers of status 503. */
const RETRY_AFTER_SECONDS = 1;

/** Members of a problem document beside the standard ones. */
export interface ProblemMembers {
  readonly event?: number;
  readonly reason?: string;
}

/** Why a request was not done. `detail` says what was wrong, where, and what to do. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly title: string;

  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    readonly members: ProblemMembers = {},
    options?: ErrorOptions,
  ) {
    super(detail, options);
    const { status, title } = Object.hasOwn(KINDS, code) ? KINDS[code as GatewayCode] : REFUSED_EVENT;
    this.status = status;
    this.title = title;
  }

  /** The document, to be sent as application/problem+json. */
  toJSON(): Record<string, unknown> {
    const { code, detail, members, status, title } = this;
    return { type: `urn:tuf-ledger:problem:${code}`, title, status, code, detail, ...members };
  }

  /** Headers that go with it. */
  get headers(): Record<string, string> {
    if (this.status === 503) return { 'Retry-After': String(RETRY_AFTER_SECONDS) };
    if (this.code === 'token-missing') return { 'WWW-Authenticate': 'Bearer realm="tuf-ledger"' };
    if (this.code === 'token-invalid')
      return { 'WWW-Authenticate': 'Bearer realm="tuf-ledger", error="invalid_token"' };
    return {};
  }
}

/** All codes of the gateway itself, for its documentation. */
export const GATEWAY_CODES = Object.keys(KINDS) as readonly GatewayCode[];
