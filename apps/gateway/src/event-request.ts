// The events of a request. All that is wrong with an event in itself is found here, before anything is appended; what depends on
// the ledger's content becomes the event's outcome instead.

import { decodeEvent, type LedgerEvent, type LedgerOpened, type RawEvent, type Rejection } from '#ledger';
import { targetPath } from '#projection';
import { isJsonObject, type Json, TufError } from '#tuf';
import type { Bearer, Permission } from './bearer-tokens.js';
import { parseExactJson } from './exact-json.js';
import { Problem } from './problem.js';

/** Events that one request can have. */
export const MAX_REQUEST_EVENTS = 10_000;

/**
 * The events of a body `{"events":[...]}`, each of which the ledger will not refuse for its form.
 * @throws Problem `json-malformed`, or the ledger's own code of the first event that is malformed, with its index as `event`.
 */
export function readEvents(body: Uint8Array, opened: LedgerOpened): RawEvent[] {
  const { json, unsafeNumber } = parseExactJson(body);
  return eventsOf(json).map((event, index) => checkEvent(event, index, opened, unsafeNumber));
}

function eventsOf(json: Json): readonly Json[] {
  if (!isJsonObject(json))
    throw new Problem('field-type', 'The body must be an object with a list "events".');
  const { events, ...others } = json;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new Problem('field-unknown', `"${unknown}" is not a field of a request; it has "events" only.`);
  if (events === undefined) throw new Problem('field-missing', 'The body has no list "events".');
  if (!Array.isArray(events)) throw new Problem('field-type', '"events" must be a list.');
  if (events.length >= 1 && events.length <= MAX_REQUEST_EVENTS) return events;
  throw new Problem(
    'field-range',
    `"events" has ${events.length} items; a request has 1 to ${MAX_REQUEST_EVENTS}.`,
  );
}

function checkEvent(
  json: Json,
  index: number,
  opened: LedgerOpened,
  unsafeNumber: string | undefined,
): RawEvent {
  const refuse = ({ code, detail }: Rejection) =>
    new Problem(code, `events[${index}]: ${detail}.`, { event: index });
  if (!isJsonObject(json)) throw refuse({ code: 'field-type', detail: 'an event must be an object' });
  if (json.type === undefined) throw refuse({ code: 'field-missing', detail: 'type is missing' });
  if (typeof json.type !== 'string') throw refuse({ code: 'field-type', detail: 'type must be a string' });
  const fault = faultOf(json as RawEvent, opened);
  if (!fault) return json as RawEvent;
  // Such a number was read as none that a field can be, so it may be what is meant here.
  const mayMeanNumber = unsafeNumber !== undefined && fault.code === 'field-type';
  const hint = mayMeanNumber
    ? ` (numbers are plain integers of at most 2^53-1; the request has ${unsafeNumber.slice(0, 40)})`
    : '';
  throw refuse({ code: fault.code, detail: fault.detail + hint });
}

function faultOf(raw: RawEvent, opened: LedgerOpened): Rejection | undefined {
  try {
    const event = decodeEvent(raw);
    return 'rejection' in event ? event.rejection : pathFaultOf(event, opened);
  } catch (error) {
    // In the ledger canonical JSON keeps such text away from the decoder; here nothing does.
    if (error instanceof TufError && error.code === 'lone-surrogate')
      return { code: 'text-unstable', detail: 'its text holds half a surrogate pair' };
    throw error;
  }
}

/** What is wrong with the path that an event names, which the opening's path rule alone decides. */
function pathFaultOf(event: LedgerEvent, { pathRule }: LedgerOpened): Rejection | undefined {
  switch (event.type) {
    case 'file.uploaded':
    case 'file.yanked':
    case 'file.unyanked':
    case 'file.removed': {
      const path = targetPath(event, pathRule);
      return typeof path === 'string' ? undefined : path;
    }
    default:
      return undefined;
  }
}

/** @throws Problem `not-permitted` for the first event that the bearer may not append. */
export function checkPermitted(events: readonly RawEvent[], { name, permissions }: Bearer): void {
  events.forEach(({ type }, index) => {
    const needed = permissionFor(type);
    if (needed && permissions.has(needed)) return;
    const detail = needed
      ? `the token "${name}" lacks the permission "${needed}", which ${type} needs`
      : `${type} is appended as a ready envelope only, signed by those who may say it`;
    throw new Problem('not-permitted', `events[${index}]: ${detail}.`, { event: index });
  });
}

/** Key events too: they stand with a draft, and whoever may not propose that may not change its keys either. */
const RELAYED: ReadonlySet<string> = new Set(['signed', 'draft.proposed', 'key.rotated', 'key.revoked']);

/** The permission that an event type needs; undefined where no token can give it. */
function permissionFor(type: string): Permission | undefined {
  if (type.startsWith('file.') || type === 'project.removed') return 'index';
  if (type.startsWith('role.')) return 'delegate';
  // Signatures and drafts carry their own authority; whoever relays them can delay but not forge.
  return RELAYED.has(type) ? 'relay' : undefined;
}
