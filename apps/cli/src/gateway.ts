// The gateway, as the command line uses it: events in, lists out. Requests are tried again while the server is
// away or busy (see backoff.ts), but for a first look at it and for ready envelopes.

import type { RawEvent } from '#ledger';
import type { Json } from '#tuf';
import { withRetries } from './backoff.js';
import type { Environment } from './environment.js';
import { CliError } from './errors.js';
import {
  type Appended,
  type LedgerDescription,
  type ListPage,
  type Lists,
  notUnderstood,
  type Readiness,
  readAppended,
  readLedger,
  readList,
  readReadiness,
} from './gateway-answers.js';
import { refusalError } from './gateway-refusal.js';
import { type HttpAnswer, type HttpRequest, request } from './http.js';
import { parseJson } from './json-text.js';

export const DEFAULT_SERVER = 'http://127.0.0.1:8458';

/** Milliseconds; the gateway waits for publication up to 30 s before it answers. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Bytes of one answer: far above a full page of 1,000 targets. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
/** Items of one page of a list. */
const PAGE_ITEMS = 1_000;
const START_ADVICE =
  "Start the server with `npm start` in the project's folder, or name another one with --server.";

/** A request's result; `retried` if an earlier try may have been appended too. */
export interface Append extends Appended {
  /** Whether everything that it changed is published; false while outcomes are missing. */
  readonly published: boolean;
  readonly retried: boolean;
}

export class Gateway {
  readonly #server: URL;
  readonly #environment: Pick<Environment, 'sleep'>;
  readonly #token: string | undefined;

  /** @param token needed to append, not to read. @throws CliError `arguments-invalid` where `server` is no URL of http. */
  constructor(server: string, environment: Pick<Environment, 'sleep'>, token?: string) {
    this.#server = serverUrl(server);
    this.#environment = environment;
    this.#token = token;
  }

  /** The server's address without a slash at its end. */
  get address(): string {
    return this.#server.href.replace(/\/$/, '');
  }

  /** Appends events. With `wait` the answer comes when they are published, or after 30 s with what is known by then. */
  async append(events: readonly RawEvent[], wait: boolean): Promise<Append> {
    const post = () => this.#post('application/json', JSON.stringify({ events }), wait);
    const { result, attempts } = await withRetries(this.#environment, post);
    return { ...result, retried: attempts > 1 };
  }

  /** Appends a ready envelope. Tried once: a second copy of an envelope that was admitted is noise, which has no position. */
  async appendEnvelope(envelope: Uint8Array<ArrayBuffer>, wait: boolean): Promise<Append> {
    try {
      return { ...(await this.#post('application/vnd.dsse+json', envelope, wait)), retried: false };
    } catch (error) {
      throw error instanceof CliError && error.retryable ? unconfirmed(error) : error;
    }
  }

  /** Whether the services are ready. Tried once, so that a wrong address or a server that is not started shows at once. */
  async probe(): Promise<Readiness> {
    const answer = await this.#ask({ url: this.#url('/readyz') });
    // 503 without the body that /readyz has is a proxy's, and its reader says so.
    if (answer.status !== 200 && answer.status !== 503) throw refusalError(answer);
    return readReadiness(jsonOf(answer), answer.url);
  }

  /** Whether the services are ready, for a command that is under way already. */
  async readiness(): Promise<Readiness> {
    return (await withRetries(this.#environment, () => this.probe())).result;
  }

  /** Which ledger the server serves. */
  async ledger(): Promise<LedgerDescription> {
    const answer = await this.#read('/v1/ledger');
    return readLedger(jsonOf(answer), answer.url);
  }

  /** The text of a file of the TUF repository, or undefined where the server has none of that name. */
  async metadata(name: string): Promise<string | undefined> {
    const { result } = await withRetries(this.#environment, () =>
      this.#ask({ url: this.#url(`/metadata/${name}`) }),
    );
    if (result.status === 404) return undefined;
    if (result.status !== 200) throw refusalError(result);
    return result.text;
  }

  async #read(path: string): Promise<HttpAnswer> {
    const { result } = await withRetries(this.#environment, async () => {
      const answer = await this.#ask({ url: this.#url(path) });
      if (answer.status !== 200) throw refusalError(answer);
      return answer;
    });
    return result;
  }

  /** The first `limit` items of a list. */
  async first<Name extends keyof Lists>(name: Name, limit: number): Promise<readonly Lists[Name][]> {
    return (await this.#page(name, { limit: String(limit) })).items;
  }

  /** All items of a list from a cursor on, page by page. `query` are further parameters. */
  async *all<Name extends keyof Lists>(
    name: Name,
    query: Readonly<Record<string, string>> = {},
  ): AsyncGenerator<Lists[Name]> {
    for (let after = query.after; ; ) {
      const page = await this.#page(name, {
        ...query,
        limit: String(PAGE_ITEMS),
        ...(after !== undefined && { after }),
      });
      yield* page.items;
      if (page.next === null) return;
      if (page.next === after)
        throw notUnderstood(this.#url(`/v1/${name}`), 'gives the same "next" for ever');
      after = page.next;
    }
  }

  async #page<Name extends keyof Lists>(
    name: Name,
    query: Readonly<Record<string, string>>,
  ): Promise<ListPage<Lists[Name]>> {
    const url = this.#url(`/v1/${name}`);
    url.search = new URLSearchParams(query).toString();
    const { result } = await withRetries(this.#environment, async () => {
      const answer = await this.#ask({ url });
      if (answer.status !== 200) throw refusalError(answer);
      return readList(name, jsonOf(answer), answer.url);
    });
    return result;
  }

  async #post(
    type: string,
    body: string | Uint8Array<ArrayBuffer>,
    wait: boolean,
  ): Promise<Omit<Append, 'retried'>> {
    const url = this.#url('/v1/records');
    if (wait) url.search = '?wait=published';
    const headers = {
      'content-type': type,
      ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
    };
    const answer = await this.#ask({ url, method: 'POST', headers, body });
    if (answer.status !== 200 && answer.status !== 202) throw refusalError(answer);
    return { ...readAppended(jsonOf(answer), answer.url), published: wait && answer.status === 200 };
  }

  #ask(asked: Omit<HttpRequest, 'limits' | 'adviceIfUnreachable'>): Promise<HttpAnswer> {
    const limits = { timeoutMs: REQUEST_TIMEOUT_MS, maxBytes: MAX_ANSWER_BYTES };
    return request({ ...asked, limits, adviceIfUnreachable: START_ADVICE });
  }

  #url(path: string): URL {
    return new URL(this.address + path);
  }
}

function serverUrl(server: string): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new CliError(
    'arguments-invalid',
    `--server ${server} is no http URL.`,
    `Give one such as ${DEFAULT_SERVER}.`,
  );
}

function jsonOf(answer: HttpAnswer): Json {
  try {
    return parseJson(answer.text, answer.url.href);
  } catch {
    throw notUnderstood(answer.url, 'is no JSON');
  }
}

function unconfirmed(error: CliError): CliError {
  const advice = `${error.advice} The envelope may be in the log already; to send it again does no harm, since the log takes it once.`;
  return new CliError(error.code, error.detail, advice, { cause: error });
}
