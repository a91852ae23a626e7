// What the bench asks of a ledger over HTTP, as an index's backend and a TUF client would.

import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** Milliseconds for one answer; the gateway waits for publication up to 30 s. */
const ANSWER_LIMIT_MS = 120_000;
/** Milliseconds that a state may take to be served. */
const SERVED_LIMIT_MS = 1_800_000;
/** Milliseconds between two looks at the timestamp; each look takes the ledger some of its own time. */
const LOOK_PAUSE_MS = 10;
/** How often a request is sent that was answered by 503, and the pause between. */
const BUSY_TRIES = 600;
const BUSY_PAUSE_MS = 100;
/** How often something is asked for whose connection breaks. */
const RESET_TRIES = 3;
/** Connections kept open. */
const CONNECTIONS = 32;

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** What became of a request to append. */
export interface Appended {
  /** Positions of its records, ascending. */
  readonly positions: readonly number[];
  /** Names of the roles that its events changed; only where publication was waited for. */
  readonly roles: ReadonlySet<string>;
  /** The state that covers all of it; undefined where that was not waited for, or took too long. */
  readonly state: number | undefined;
}

interface AppendedJson {
  readonly positions: readonly number[];
  readonly outcomes?: readonly { result: string; code?: string; role?: string; snapshot?: number }[];
}

export class LedgerClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  constructor(
    readonly url: string,
    private readonly token: string,
    /** Where the TUF repository is served, where that is another service. */
    private readonly repository: string = url,
  ) {}

  /**
   * Appends events, given as JSON texts, in one request; with `wait` until they are published.
   * @throws Error where the ledger refuses the request or one of its events.
   */
  async append(events: readonly string[], wait: boolean): Promise<Appended> {
    const url = `${this.url}/v1/records${wait ? '?wait=published' : ''}`;
    const body = `{"events":[${events.join(',')}]}`;
    for (let tries = 1; ; tries++) {
      const answer = await this.ask('POST', url, body);
      if (answer.status === 200 || answer.status === 202) return appendedOf(answer);
      if (answer.status !== 503 || tries === BUSY_TRIES) throw refused('POST', url, answer);
      await pause(BUSY_PAUSE_MS);
    }
  }

  /** Appends events and resolves once the served timestamp is that of a state that covers them. */
  async publish(events: readonly string[]): Promise<Appended> {
    const appended = await this.append(events, true);
    if (appended.state === undefined) await this.covered(appended.positions.at(-1)!);
    else await this.reached(appended.state);
    return appended;
  }

  /** Resolves once the served timestamp is that of this state or a later one; gives its version. */
  async reached(state: number): Promise<number> {
    return this.untilServed(version => version >= state);
  }

  /** Resolves once the served state follows from the records through this position; gives its version. */
  async covered(position: number): Promise<number> {
    let seen = 0;
    return this.untilServed(async version => {
      if (version === seen) return false;
      seen = version;
      return (await this.prefixOf(version)) > position;
    });
  }

  /** How many records the snapshot of this version follows from. */
  async prefixOf(version: number): Promise<number> {
    const snapshot = await this.file(`${version}.snapshot.json`);
    const [, size] = /"x-ledger":\{[^}]*"size":(\d+)/.exec(snapshot.toString('latin1')) ?? [];
    return Number(size);
  }

  /** A file of the TUF repository. */
  file(name: string): Promise<Buffer> {
    return this.getAt(`${this.repository}/metadata/${name}`);
  }

  /** The API's answer of status 200. */
  get(path: string): Promise<Buffer> {
    return this.getAt(this.url + path);
  }

  private async getAt(url: string): Promise<Buffer> {
    const answer = await this.ask('GET', url);
    if (answer.status !== 200) throw refused('GET', url, answer);
    return answer.body;
  }

  close(): void {
    this.agent.destroy();
  }

  private async untilServed(enough: (version: number) => boolean | Promise<boolean>): Promise<number> {
    const until = performance.now() + SERVED_LIMIT_MS;
    while (performance.now() < until) {
      const { status, body } = await this.ask('GET', `${this.repository}/metadata/timestamp.json`);
      const version = status === 200 ? (JSON.parse(body.toString()).signed.version as number) : 0;
      if (version > 0 && (await enough(version))) return version;
      await pause(LOOK_PAUSE_MS);
    }
    throw new Error(
      `The state that was waited for was not served within ${SERVED_LIMIT_MS / 60_000} minutes.`,
    );
  }

  /**
   * Asks again where the ledger closed a connection that had been idle, which it may do just when it is used again. Events that are
   * sent twice change nothing the second time.
   */
  private async ask(method: string, url: string, body = ''): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.askOnce(method, url, body);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET' || tries === RESET_TRIES) throw error;
      }
    }
  }

  private askOnce(method: string, url: string, body: string): Promise<Answer> {
    const headers = {
      authorization: `Bearer ${this.token}`,
      ...(method === 'POST' && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      }),
    };
    return new Promise((done, fail) => {
      const asked = request(url, { agent: this.agent, method, headers, timeout: ANSWER_LIMIT_MS }, answer => {
        wholeOf(answer).then(bytes => done({ status: answer.statusCode!, body: bytes }), fail);
      });
      asked.once('timeout', () => asked.destroy(new Error(`No answer to ${method} ${url} in time.`)));
      asked.once('error', fail);
      asked.end(body);
    });
  }
}

async function wholeOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function appendedOf({ status, body }: Answer): Appended {
  const { positions, outcomes = [] } = JSON.parse(body.toString()) as AppendedJson;
  const rejected = outcomes.find(({ result }) => result === 'rejected');
  if (rejected) throw new Error(`An event was rejected: ${rejected.code}.`);
  const roles = new Set(outcomes.flatMap(({ role }) => role ?? []));
  const states = outcomes.flatMap(({ snapshot }) => snapshot ?? []);
  return { positions, roles, state: status === 200 && states.length > 0 ? Math.max(...states) : undefined };
}

function refused(method: string, url: string, { status, body }: Answer): Error {
  return new Error(`${method} ${url} was answered by ${status}: ${body.toString().slice(0, 300)}`);
}
