// `tuf-ledger status`: how the ledger is, in plain words.

import type { Command } from 'commander';
import { type Environment, print, printJson } from '../environment.js';
import { ExitCode } from '../exit-code.js';
import { Gateway } from '../gateway.js';
import type { Readiness, RejectedEvent, RoleVersion, State } from '../gateway-answers.js';
import { type ServerOptions, withServerOptions } from '../server-options.js';
import { count, number, span } from '../wording.js';

const HOUR_MS = 3_600_000;
/** Online roles are renewed hours before they expire; one that is so close was missed. */
const ONLINE_NEAR_MS = HOUR_MS;
/** Offline roles need people, who need time. */
const OFFLINE_NEAR_MS = 30 * 24 * HOUR_MS;
/** Roles near expiry, and late services, that the text names. */
const MAX_NAMED = 5;

/** Below every position: the list begins with the oldest rejection. */
const BEFORE_ALL = '-1';
/** Rejections counted; what matters beyond is that there are too many. */
const MAX_COUNTED = 10_000;

interface Status {
  readonly server: string;
  readonly now: number;
  readonly readiness: Readiness;
  readonly state: State | undefined;
  readonly roles: number;
  readonly nearExpiry: readonly RoleVersion[];
  readonly rejections: number;
  readonly lastRejection: RejectedEvent | undefined;
}

export function registerStatus(program: Command, environment: Environment): void {
  withServerOptions(program.command('status'))
    .description('show the last state, the services, roles near expiry, and rejections')
    .action(async (options: ServerOptions) => {
      const status = await readStatus(new Gateway(options.server, environment), environment.now());
      if (options.json) printJson(environment, statusJson(status));
      else print(environment, ...statusLines(status));
      if (!status.readiness.ready) environment.exitCode = ExitCode.pending;
    });
}

async function readStatus(gateway: Gateway, now: number): Promise<Status> {
  const readiness = await gateway.probe();
  const [state] = await gateway.first('states', 1);
  return {
    server: gateway.address,
    now,
    readiness,
    state,
    ...(await readRoles(gateway, now)),
    ...(await readRejections(gateway)),
  };
}

async function readRoles(gateway: Gateway, now: number): Promise<Pick<Status, 'roles' | 'nearExpiry'>> {
  let roles = 0;
  const nearExpiry: RoleVersion[] = [];
  for await (const role of gateway.all('roles')) {
    roles += 1;
    if (Date.parse(role.expires) - now < nearMs(role.role)) nearExpiry.push(role);
  }
  return { roles, nearExpiry };
}

function nearMs(role: string): number {
  const online = role === 'snapshot' || role === 'timestamp' || role.startsWith('bins-');
  return online ? ONLINE_NEAR_MS : OFFLINE_NEAR_MS;
}

async function readRejections(gateway: Gateway): Promise<Pick<Status, 'rejections' | 'lastRejection'>> {
  let rejections = 0;
  let lastRejection: RejectedEvent | undefined;
  for await (const rejection of gateway.all('rejections', { after: BEFORE_ALL })) {
    rejections += 1;
    if (!lastRejection || rejection.position >= lastRejection.position) lastRejection = rejection;
    if (rejections === MAX_COUNTED) break;
  }
  return { rejections, lastRejection };
}

function statusJson({ now, state, readiness, ...status }: Status): object {
  return {
    server: status.server,
    ready: readiness.ready,
    state: state ? { ...state, ageSeconds: (now - state.at) / 1000 } : null,
    services: readiness.services,
    roles: status.roles,
    nearExpiry: status.nearExpiry,
    rejections: status.rejections,
    lastRejection: status.lastRejection ?? null,
  };
}

function statusLines(status: Status): string[] {
  const { server, readiness } = status;
  return [
    readiness.ready
      ? `${server} is ready.`
      : `${server} is not ready. Its log, and the services below, tell why.`,
    stateLine(status),
    servicesLine(readiness),
    rolesLine(status),
    rejectionsLine(status),
  ];
}

function stateLine({ state, now }: Status): string {
  if (!state) return 'No state has been cut yet: nothing is published.';
  const cut = `cut ${span(now - state.at)} ago at position ${number(state.cut)}`;
  return `State ${number(state.state)} is ${state.complete ? 'complete' : 'not complete yet'}; it was ${cut}.`;
}

function servicesLine({ services }: Readiness): string {
  const late = services.filter(service => service.lag > 0);
  const newest = services.reduce((most, { position }) => Math.max(most, position), 0);
  if (late.length === 0)
    return `${count(services.length, 'service')}, all at the end of the log (position ${number(newest)}).`;
  const lags = late.map(({ name, lag }) => `${name} by ${count(lag, 'record')}`);
  return `${number(late.length)} of ${count(services.length, 'service')} behind the log: ${firstOf(lags)}.`;
}

function rolesLine({ roles, nearExpiry, now }: Status): string {
  if (nearExpiry.length === 0) return `${count(roles, 'role')}, none near expiry.`;
  const ends = nearExpiry.map(({ role, expires }) => {
    const left = Date.parse(expires) - now;
    return left > 0 ? `${role} in ${span(left)}` : `${role} expired ${span(-left)} ago`;
  });
  return `${count(roles, 'role')}, ${number(nearExpiry.length)} near expiry: ${firstOf(ends)}. Renew those that need an offline key.`;
}

function rejectionsLine({ rejections, lastRejection }: Status): string {
  if (!lastRejection) return 'No event was rejected since the ledger was opened.';
  const { position, event, code, detail } = lastRejection;
  const events =
    rejections < MAX_COUNTED ? count(rejections, 'event') : `${number(MAX_COUNTED)} events or more`;
  return (
    `${events} rejected since the ledger was opened; ` +
    `the last at position ${number(position)}, event ${event}: ${code}: ${detail}`
  );
}

function firstOf(words: readonly string[]): string {
  const more = words.length > MAX_NAMED ? ` and ${number(words.length - MAX_NAMED)} more` : '';
  return words.slice(0, MAX_NAMED).join(', ') + more;
}
