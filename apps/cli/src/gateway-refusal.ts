// What a status of the gateway other than success means, and what to do about it.

import { BusyError } from './backoff.js';
import { CliError } from './errors.js';
import { type HttpAnswer, retryAfterMs } from './http.js';

/** Statuses by which a server or a proxy before it says that it is away for now. */
const BUSY = [429, 502, 503, 504];

/** The error that an answer's status stands for, in the words of its problem document (RFC 9457) where it has one. */
export function refusalError(answer: HttpAnswer): CliError {
  const { status, url, headers } = answer;
  const said = problemText(answer);
  const detail = `${url.origin}${url.pathname} answered ${status}: ${said}`;
  if (BUSY.includes(status)) return new BusyError(detail, 'Try again in a minute.', retryAfterMs(headers));
  switch (status) {
    case 401:
      return new CliError(
        'token-invalid',
        detail,
        "Give the server's own token with --token-file or TUF_LEDGER_TOKEN.",
      );
    case 403:
      return new CliError(
        'not-permitted',
        detail,
        "Use a token that may do this, or ask the ledger's administrators.",
      );
    case 413:
      return new CliError('request-refused', detail, 'Send fewer or smaller events in one go.');
    case 400:
    case 409:
    case 415:
    case 422:
      return new CliError('request-refused', detail, 'Correct what it names and send it again.');
    default:
      return new CliError(
        'server-answer',
        detail,
        "See the server's log, and check that --server names a tuf-ledger gateway.",
      );
  }
}

/** The longest part of an answer that a message repeats, in characters. */
const MAX_QUOTE = 500;

function problemText(answer: HttpAnswer): string {
  const problem = problemOf(answer);
  const words = [problem?.code, problem?.detail ?? problem?.title].filter(
    word => typeof word === 'string' && word !== '',
  );
  const text = words.join(': ').slice(0, MAX_QUOTE);
  return text === '' ? 'no reason given.' : text.replace(/[.]?$/, '.');
}

/** The answer's problem document; undefined for another answer, such as a proxy's page. */
function problemOf({ text }: HttpAnswer): { code?: unknown; title?: unknown; detail?: unknown } | undefined {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}
