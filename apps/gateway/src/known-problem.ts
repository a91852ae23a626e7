// Errors of other layers as problems: what a lib, the body parser or Nest throws while a request is handled.

import { HttpException } from '@nestjs/common';
import { HostError } from '#host';
import { LedgerError } from '#ledger';
import { LogError } from '#log';
import { StoreError } from '#store';
import { Problem } from './problem.js';

/** The problem that an error is. Whatever is not known is `internal`, without its message: that goes to the service's log. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof LogError) return logProblem(error);
  if (error instanceof StoreError && error.retryable) {
    return new Problem(
      'store-unavailable',
      'The projections did not answer; try again shortly.',
      {},
      { cause: error },
    );
  }
  if (error instanceof LedgerError && (error.code === 'rules-unknown' || error.code === 'record-too-large'))
    return new Problem(error.code, error.message);
  if (error instanceof HostError && error.code === 'log-forked')
    return new Problem('log-forked', error.message);
  return requestProblem(error) ?? internal(error);
}

function logProblem(error: LogError): Problem {
  switch (error.code) {
    case 'log-busy':
      return new Problem('busy', error.message);
    case 'log-unavailable':
      return new Problem(
        'log-unavailable',
        `${error.message} Sending the same events again is safe: what is in the ledger changes nothing.`,
      );
    case 'log-closed':
      return new Problem(
        'stopping',
        'The service is stopping; send the request to another one, or again later.',
      );
    case 'log-forked':
      return new Problem('log-forked', error.message);
    case 'log-denied':
    case 'log-shape':
    case 'value-too-large':
      return internal(error);
  }
}

/** What the HTTP layer itself found wrong. Nest wraps what body-parser throws, which has a `type` or zlib's `code`. */
function requestProblem(error: unknown): Problem | undefined {
  if (!(error instanceof HttpException)) return undefined;
  const { type, limit, code } = (error.cause ?? {}) as { type?: unknown; limit?: unknown; code?: unknown };
  switch (type) {
    case 'entity.too.large':
      return new Problem(
        'body-too-large',
        `A body has at most ${limit} bytes; send fewer events in one request.`,
      );
    case 'encoding.unsupported':
      return new Problem('media-type', 'Send the body plain, or with Content-Encoding gzip, deflate or br.');
    case 'request.aborted':
    case 'request.size.invalid':
      return new Problem('body-incomplete', 'The body ended before its length was reached; send it again.');
  }
  if (typeof code === 'string')
    return new Problem('body-incomplete', 'The body does not unpack as its Content-Encoding says.');
  const status = error.getStatus();
  if (status === 404)
    return new Problem(
      'route-unknown',
      'Nothing is served at this method and path; /docs lists all that is.',
    );
  return status < 500 ? new Problem('query-invalid', `${error.message}.`) : undefined;
}

function internal(cause: unknown): Problem {
  return new Problem(
    'internal',
    "The service failed on this request; its log says why. Trying again won't help if it happens twice.",
    {},
    { cause },
  );
}
