/**
 * A gateway with a ledger in memory: decodes and decides file events by the functions of the real one, keeps their order,
 * publishes, and fails on demand.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { json as readJson, text as readText } from 'node:stream/consumers';
import { decodeEvent, type FileEvent, type RawEvent, type Verdict } from '#ledger';
import type { Outcome, RejectedEvent, RoleVersion, State } from '../src/gateway-answers.js';
import { FileLedger } from './file-ledger.js';
import { serve } from './local-server.js';

/** What goes wrong with a request to append. */
export type Fault = 'busy' | 'lost-request' | 'lost-answer';

interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

const TOKEN = 'secret';
const EVENTS_PER_RECORD = 100;
const TARGETS_PER_PAGE = 1_000;

export class FakeGateway {
  url = '';
  readonly ledger = new FileLedger();
  readonly events: RawEvent[] = [];
  readonly envelopes: string[] = [];
  readonly requests: string[] = [];
  readonly rejections: RejectedEvent[] = [];
  readonly states: State[] = [];
  readonly roles: RoleVersion[] = [];
  readonly services = [{ name: 'projector-root', position: 0, lag: 0 }];
  ready = true;
  /** Whether applied events are cut into a complete state at once; else publish() does it. */
  publishes = true;
  /** What goes wrong with the next requests to append, one each. */
  faults: Fault[] = [];
  /** Called before an append is decided. */
  onAppend: () => void = () => {};
  #position = 4;

  static async open(): Promise<FakeGateway> {
    const gateway = new FakeGateway();
    gateway.url = await serve((request, response) => void gateway.#respond(request, response));
    return gateway;
  }

  /** Appends a cut that is complete at once. */
  publish(): void {
    const cut = this.#nextPosition();
    const state = this.states.length + 1;
    this.states.unshift({ state, at: Date.UTC(2029, 11, 31, 23, 59), cut, position: cut, complete: true });
  }

  /** Decides events as if another client had sent them. */
  apply(events: readonly RawEvent[]): { positions: number[]; outcomes: Outcome[] } {
    const outcomes = events.map((event, index): Outcome => {
      if (index % EVENTS_PER_RECORD === 0) this.#nextPosition();
      return { ...this.#decide(event, index % EVENTS_PER_RECORD), event: index };
    });
    if (this.publishes && outcomes.some(outcome => outcome.result === 'applied')) this.publish();
    return { positions: [...new Set(outcomes.map(outcome => outcome.position))], outcomes };
  }

  #decide(raw: RawEvent, event: number): Outcome {
    const position = this.#position;
    this.events.push(raw);
    const decoded = decodeEvent(raw);
    const verdict: Verdict =
      'rejection' in decoded ? { result: 'rejected', ...decoded } : this.ledger.apply(decoded as FileEvent);
    if (verdict.result !== 'rejected') return { event, position, result: verdict.result };
    this.rejections.push({ position, event, ...verdict.rejection });
    return { event, position, result: 'rejected', ...verdict.rejection };
  }

  #nextPosition(): number {
    this.#position += 1;
    for (const service of this.services) service.position = this.#position;
    return this.#position;
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(`${request.method} ${request.url}`);
    const url = new URL(request.url!, this.url);
    const answer = url.pathname === '/v1/records' ? await this.#append(request, url) : this.#read(url);
    if (!answer) return void response.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(JSON.stringify(answer.body));
  }

  #read({ pathname, searchParams }: URL): Answer {
    switch (pathname) {
      case '/v1/targets': {
        const body = this.#targets(searchParams.get('project')!, searchParams.get('after') ?? '');
        return { status: 200, body };
      }
      case '/v1/states':
        return { status: 200, body: { states: this.states.slice(0, Number(searchParams.get('limit'))) } };
      case '/v1/roles':
        return { status: 200, body: { roles: this.roles, next: null } };
      case '/v1/rejections': {
        const after = Number(searchParams.get('after') ?? -1);
        const rejections = this.rejections.filter(({ position }) => position > after);
        return { status: 200, body: { rejections, next: null } };
      }
      case '/readyz':
        return {
          status: this.ready ? 200 : 503,
          body: { ready: this.ready, services: this.services, lastCut: null },
        };
      default:
        return problem(404, 'not-found', 'no such resource');
    }
  }

  /** The answer to a request to append, or undefined where none arrives. */
  async #append(request: IncomingMessage, { searchParams }: URL): Promise<Answer | undefined> {
    const fault = this.faults.shift();
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      return problem(401, 'token-invalid', 'the token is not known');
    }
    if (fault === 'busy')
      return { ...problem(503, 'log-unavailable', 'the log is away'), headers: { 'retry-after': '3' } };
    if (fault === 'lost-request') return undefined;
    const answer =
      request.headers['content-type'] === 'application/vnd.dsse+json'
        ? await this.#appendEnvelope(request)
        : await this.#appendEvents(request, searchParams.get('wait') === 'published');
    return fault === 'lost-answer' ? undefined : answer;
  }

  async #appendEnvelope(request: IncomingMessage): Promise<Answer> {
    this.envelopes.push(await readText(request));
    return { status: 200, body: { positions: [this.#nextPosition()] } };
  }

  async #appendEvents(request: IncomingMessage, wait: boolean): Promise<Answer> {
    const { events } = (await readJson(request)) as { events: RawEvent[] };
    this.onAppend();
    const { positions, outcomes } = this.apply(events);
    if (!wait) return { status: 200, body: { positions } };
    const known = this.publishes ? outcomes : outcomes.filter(outcome => outcome.result !== 'applied');
    return { status: known.length === outcomes.length ? 200 : 202, body: { positions, outcomes: known } };
  }

  #targets(project: string, after: string): object {
    const held = [...this.ledger.held().values()];
    const found = held.filter(({ path }) => path.startsWith(`${project}/`) && path > after);
    const targets = found.slice(0, TARGETS_PER_PAGE).map(target => ({ ...target, role: 'bins-0' }));
    return { targets, next: found.length > TARGETS_PER_PAGE ? targets.at(-1)!.path : null };
  }
}

function problem(status: number, code: string, detail: string): Answer {
  const headers = { 'content-type': 'application/problem+json' };
  return { status, body: { type: 'about:blank', title: code, status, code, detail }, headers };
}
