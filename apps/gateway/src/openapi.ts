// The shapes of requests and answers for /openapi.json and /docs, and the decorators that refer to them. Written by hand: types
// are gone at run time, and a schema says more than they do.

import { applyDecorators } from '@nestjs/common';
import { ApiQuery, ApiResponse } from '@nestjs/swagger';
import { MAX_REQUEST_EVENTS } from './event-request.js';
import { DEFAULT_PAGE_ITEMS, MAX_PAGE_ITEMS } from './paging.js';
import { PROBLEM_TYPE } from './problem.filter.js';
import { GATEWAY_CODES } from './problem.js';

type Schema = Record<string, unknown>;

const integer: Schema = { type: 'integer', minimum: 0 };
const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };
const hex: Schema = { type: 'string', pattern: '^[0-9a-f]{64}$' };
const nullable = (of: Schema): Schema => ({ ...of, nullable: true });
const list = (items: Schema): Schema => ({ type: 'array', items });

/** An object; names that end in `?` are optional. */
function object(fields: Record<string, Schema>): Schema {
  const entries = Object.entries(fields).map(([name, of]) => [name.replace(/\?$/, ''), of] as const);
  const required = Object.keys(fields).filter(name => !name.endsWith('?'));
  return {
    type: 'object',
    properties: Object.fromEntries(entries),
    ...(required.length > 0 && { required }),
  };
}

const outcome = {
  result: { type: 'string', enum: ['applied', 'unchanged', 'rejected'] },
  'code?': text,
  'detail?': text,
  'entries?': list(object({ entry: integer, result: text, 'code?': text, 'detail?': text })),
  'role?': text,
  'version?': integer,
  'snapshot?': integer,
};
const event = { type: 'object', properties: { type: text }, required: ['type'], additionalProperties: true };
const path = {
  position: integer,
  length: integer,
  hashes: object({ sha256: hex, 'sha512?': text }),
  'yanked?': { oneOf: [text, flag] },
  'removed?': flag,
};
const target = object({ path: text, role: text, ...path });
const roleVersion = {
  role: text,
  version: integer,
  expires: text,
  drafted: integer,
  completed: nullable(integer),
  sha256: hex,
};
const state = {
  state: integer,
  at: integer,
  cut: integer,
  rootHash: hex,
  complete: flag,
  position: nullable(integer),
};
const rejection = {
  position: integer,
  event: integer,
  'entry?': integer,
  code: text,
  detail: text,
  'role?': text,
};
const place = object({ position: integer, event: integer });

/** Every named schema of the gateway. */
export const SCHEMAS = {
  Problem: object({
    type: text,
    title: text,
    status: integer,
    code: {
      type: 'string',
      description: `One of ${GATEWAY_CODES.join(', ')}, or a code of the ledger's rejections.`,
    },
    detail: text,
    'event?': { ...integer, description: 'The index of the event at fault.' },
    'reason?': { ...text, description: 'Why a value would be noise.' },
  }),
  EventsRequest: object({ events: { ...list(event), minItems: 1, maxItems: MAX_REQUEST_EVENTS } }),
  Appended: object({
    positions: list(integer),
    events: list(place),
    'outcomes?': list(object({ event: integer, position: integer, ...outcome })),
  }),
  Record: object({
    position: integer,
    author: { type: 'object', description: '{"publisher":KEYID} or {"administrators":true}' },
    stream: text,
    seq: integer,
    v: integer,
    events: list(object({ event: integer, content: event, ...outcome })),
    published: nullable(object({ state: integer, at: integer })),
  }),
  RecordOutcomes: object({ position: integer, events: list(object({ event: integer, ...outcome })) }),
  LogPage: object({
    log: list(object({ offset: integer, value: { ...text, format: 'byte' } })),
    next: nullable(integer),
  }),
  TargetList: object({ targets: list(target), next: nullable(text) }),
  TargetHistory: object({
    path: text,
    'role?': text,
    'released?': flag,
    history: list(object(path)),
    next: nullable(integer),
  }),
  RoleList: object({ roles: list(object(roleVersion)), next: nullable(text) }),
  RoleVersionFile: object({ ...roleVersion, metadata: { type: 'object' } }),
  StateList: object({ states: list(object(state)), next: nullable(integer) }),
  RejectionList: object({ rejections: list(object(rejection)), next: nullable(integer) }),
  Ledger: object({
    ledger: hex,
    origin: text,
    pathRule: { type: 'string', enum: ['project-file', 'free'] },
    bins: object({ scheme: text, count: integer }),
    rules: integer,
    size: integer,
    rootHash: hex,
  }),
  Health: object({ status: text }),
  Readiness: object({
    ready: flag,
    reasons: list(text),
    size: integer,
    services: list(object({ name: text, position: integer, lag: integer })),
    lastCut: nullable(object({ state: integer, at: integer, ageMs: integer, position: integer })),
    complete: nullable(object({ state: integer, at: integer, ageMs: integer, expires: text })),
    'dependencies?': {
      ...list(object({ name: { type: 'string', enum: ['log', 'postgres'] }, answers: flag, since: text })),
      description: 'What the service stands on; where it is a process of its own.',
    },
  }),
} as const satisfies Record<string, Schema>;

export type SchemaName = keyof typeof SCHEMAS;

/** A reference to a named schema. */
export function schema(name: SchemaName): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** Says what an endpoint answers: a schema with status 200 (or another), and the statuses of its problems. */
export function answers(
  answer: SchemaName | { readonly status: number; readonly schema: SchemaName; readonly description: string },
  ...statuses: readonly number[]
): MethodDecorator {
  const good = typeof answer === 'string' ? { status: 200, schema: answer, description: 'Done.' } : answer;
  const content = (type: string, name: SchemaName) => ({ content: { [type]: { schema: schema(name) } } });
  return applyDecorators(
    ApiResponse({
      status: good.status,
      description: good.description,
      ...content('application/json', good.schema),
    }),
    problems(...statuses),
  );
}

/** The statuses with which an endpoint answers a problem. */
export function problems(...statuses: readonly number[]): MethodDecorator {
  const content = { [PROBLEM_TYPE]: { schema: schema('Problem') } };
  return applyDecorators(
    ...statuses.map(status => ApiResponse({ status, description: 'A problem; see "code".', content })),
  );
}

/** The parameters of a list: its cursors, and the limit. */
export function listQueries(
  ...cursors: readonly {
    readonly name: string;
    readonly type: 'integer' | 'string';
    readonly description: string;
  }[]
): MethodDecorator {
  const limit = {
    type: 'integer',
    minimum: 1,
    maximum: MAX_PAGE_ITEMS,
    default: DEFAULT_PAGE_ITEMS,
  } as const;
  return applyDecorators(
    ...cursors.map(({ type, ...cursor }) => ApiQuery({ ...cursor, required: false, schema: { type } })),
    ApiQuery({ name: 'limit', required: false, schema: limit }),
  );
}
