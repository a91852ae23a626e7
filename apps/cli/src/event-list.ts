// Events as people write them down: a JSON array of events, one event, or JSON lines with an event on each. Pure.
// What an event says is the ledger's to judge; here it must only be an event, and survive the way there: the ledger's JSON
// has safe integers and no other numbers.

import type { RawEvent } from '#ledger';
import { isJsonObject, type Json, type JsonObject } from '#tuf';
import { CliError } from './errors.js';
import { parseJson } from './json-text.js';

/**
 * The events of a text.
 * @param source the file that it came from, for messages.
 * @throws CliError `json-malformed`, `events-malformed`.
 */
export function readEvents(text: string, source: string): RawEvent[] {
  const found = isJsonLines(text) ? jsonLines(text, source) : listOf(parseJson(text, source));
  if (found.length === 0) throw malformed(source, 'holds no event');
  return found.map((event, index) => checked(event, index, source));
}

function listOf(json: Json): readonly Json[] {
  return Array.isArray(json) ? json : [json];
}

/** JSON lines are told from one document by their first line: an object of its own, with something after it. */
function isJsonLines(text: string): boolean {
  const [first, ...rest] = text.split('\n').filter(line => line.trim() !== '');
  if (first === undefined || rest.length === 0) return false;
  try {
    return isJsonObject(parseJson(first, ''));
  } catch {
    return false;
  }
}

function jsonLines(text: string, source: string): Json[] {
  return text
    .split('\n')
    .flatMap((line, index) => (line.trim() === '' ? [] : [parseJson(line, source, index + 1)]));
}

function checked(event: Json, index: number, source: string): RawEvent {
  if (!isJsonObject(event)) throw malformed(source, `has no object as event ${index}`);
  if (typeof event.type !== 'string') throw malformed(source, `has no string "type" in event ${index}`);
  const fault = strangeNumber(event);
  if (fault)
    throw malformed(
      source,
      `has the number ${fault.value} at "${fault.at}" of event ${index}, and the ledger takes integers up to 2^53-1`,
    );
  return event as JsonObject & { type: string };
}

/** The first number that is no safe integer, and where it stands. */
function strangeNumber(json: Json, at = ''): { value: number; at: string } | undefined {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? undefined : { value: json, at };
  if (typeof json !== 'object' || json === null) return undefined;
  for (const [name, value] of Object.entries(json)) {
    const found = strangeNumber(value, at === '' ? name : `${at}.${name}`);
    if (found) return found;
  }
  return undefined;
}

function malformed(source: string, fault: string): CliError {
  return new CliError(
    'events-malformed',
    `${source} ${fault}.`,
    'Give a JSON array of events, one event, or one event a line, each an object with a "type".',
  );
}
