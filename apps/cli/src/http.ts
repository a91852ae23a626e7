// HTTP requests with a limit on their time and on the size of their answer. Every way in which no answer arrives is a CliError
// that names the URL; what an answer's status means is its reader's business.

import { CliError } from './errors.js';

export interface HttpLimits {
  /** For the whole exchange. */
  readonly timeoutMs: number;
  /** For the answer's body, after decompression. */
  readonly maxBytes: number;
}

/** One request: what fetch takes of it, its limits, and what its user can do where nobody answers. */
export interface HttpRequest {
  readonly url: URL;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly limits: HttpLimits;
  /** A sentence: what to do if the server can't be reached. */
  readonly adviceIfUnreachable: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** The URL that answered, after redirects. */
  readonly url: URL;
  readonly headers: Headers;
  readonly text: string;
}

/** @throws CliError `server-unreachable`, `server-timeout`, `source-too-large`. */
export async function request(asked: HttpRequest): Promise<HttpAnswer> {
  const { url, method = 'GET', headers = {}, body, limits } = asked;
  const signal = AbortSignal.timeout(limits.timeoutMs);
  try {
    const response = await fetch(url, { method, headers, signal, ...(body !== undefined && { body }) });
    const text = await boundedText(response, limits.maxBytes);
    return { status: response.status, url: new URL(response.url), headers: response.headers, text };
  } catch (error) {
    throw error instanceof CliError ? error : unanswered(asked, error as Error);
  }
}

async function boundedText(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new CliError(
        'source-too-large',
        `${response.url} answers with more than ${maxBytes} bytes.`,
        'Check that it is the URL you mean.',
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function unanswered({ url, limits, adviceIfUnreachable }: HttpRequest, error: Error): CliError {
  if (error.name === 'TimeoutError') {
    return new CliError(
      'server-timeout',
      `${url.origin} did not finish its answer to ${url.pathname} within ${limits.timeoutMs / 1000} s.`,
      adviceIfUnreachable,
      { cause: error },
    );
  }
  const cause = (error.cause ?? error) as NodeJS.ErrnoException;
  const fault =
    cause.code === 'ECONNREFUSED'
      ? 'refused the connection'
      : `can't be reached (${cause.code ?? cause.message})`;
  return new CliError('server-unreachable', `${url.origin} ${fault}.`, adviceIfUnreachable, { cause: error });
}

const SECONDS = /^\d{1,9}$/;

/** The wait that an answer asks for by Retry-After in seconds, in milliseconds; undefined where it asks for none. */
export function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get('retry-after') ?? '';
  return SECONDS.test(value) ? Number(value) * 1000 : undefined;
}
