// What happens to a request to append before its handler: whose token it bears, then what its body claims to be, and only then is
// the body read, whole and as bytes. So nobody without a token can make the service read 8 MiB.

import type { IncomingMessage } from 'node:http';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Bearer, BearerTokens } from './bearer-tokens.js';
import { Problem } from './problem.js';

/** Bytes of a request's body, after unpacking. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** The media types of a body: events, or a ready envelope. */
export const EVENTS_TYPE = 'application/json';
export const ENVELOPE_TYPE = 'application/vnd.dsse+json';

/** Finds out whose token a request to append bears. */
export function authenticate(tokens: BearerTokens): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    if (!isAppend(request)) return next();
    const { authorization } = request.headers;
    const [, token] = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(authorization ?? '') ?? [];
    if (token === undefined) {
      return next(new Problem('token-missing', 'Appending needs a header "Authorization: Bearer TOKEN".'));
    }
    const bearer = tokens.identify(token);
    if (!bearer)
      return next(new Problem('token-invalid', 'The token in the header "Authorization" is not known here.'));
    response.locals.bearer = bearer;
    if (mediaType(request) === undefined) {
      return next(
        new Problem(
          'media-type',
          `The body must be ${EVENTS_TYPE} or ${ENVELOPE_TYPE}; say so in the header "Content-Type".`,
        ),
      );
    }
    next();
  };
}

/** Whether a request's body is to be read; only requests to append have one that means anything. */
export function hasRecordsBody(request: IncomingMessage): boolean {
  return isAppend(request as Request);
}

function isAppend({ method, originalUrl }: Pick<Request, 'method' | 'originalUrl'>): boolean {
  return method === 'POST' && /^\/v1\/records\/?(\?|$)/i.test(originalUrl);
}

/** The media type of a body, if it is one of those above. */
export function mediaType(
  request: Pick<Request, 'headers'>,
): typeof EVENTS_TYPE | typeof ENVELOPE_TYPE | undefined {
  const [type] = (request.headers['content-type'] ?? '').split(';', 1);
  return [EVENTS_TYPE, ENVELOPE_TYPE].find(known => known === type!.trim().toLowerCase()) as ReturnType<
    typeof mediaType
  >;
}

/** The bearer that authenticate found. */
export function bearerOf(response: Response): Bearer {
  return response.locals.bearer as Bearer;
}

/** The body as bytes; empty where there is none. */
export function bodyOf(request: Request): Uint8Array {
  const { body } = request as { body: unknown };
  return body instanceof Uint8Array ? body : new Uint8Array();
}
