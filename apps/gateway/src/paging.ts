// The parameters of lists: `limit`, and a cursor from which the list goes on. A page's `next` is the cursor of the page after it, or
// null where there is none.

import { hasLoneSurrogate, utf8 } from '#tuf';
import { Problem } from './problem.js';

/** Items of one page at most, and where no limit is given. */
export const MAX_PAGE_ITEMS = 1_000;
export const DEFAULT_PAGE_ITEMS = 100;
/** The longest text cursor, in bytes: as long as a path may be. */
const MAX_CURSOR_BYTES = 512;

/** @throws Problem `query-invalid`. */
export function limitOf(text: unknown): number {
  return text === undefined ? DEFAULT_PAGE_ITEMS : integerOf('limit', text, 1, MAX_PAGE_ITEMS);
}

/** An integer parameter that may be absent. @throws Problem `query-invalid`. */
export function optionalInteger(name: string, text: unknown, min = 0): number | undefined {
  return text === undefined ? undefined : integerOf(name, text, min, Number.MAX_SAFE_INTEGER);
}

/** @throws Problem `query-invalid`. */
export function integerOf(name: string, text: unknown, min: number, max: number): number {
  const value = typeof text === 'string' && /^-?[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new Problem(
    'query-invalid',
    `${name} is ${shown(text)}; it must be a whole number from ${min} to ${max}.`,
  );
}

/** A text parameter; '' where it is absent. @throws Problem `query-invalid`. */
export function textOf(name: string, text: unknown): string {
  if (text === undefined) return '';
  if (
    typeof text === 'string' &&
    !hasLoneSurrogate(text) &&
    utf8(text).length <= MAX_CURSOR_BYTES &&
    !text.includes('\0')
  )
    return text;
  throw new Problem(
    'query-invalid',
    `${name} is ${shown(text)}; it must be one text of at most ${MAX_CURSOR_BYTES} bytes.`,
  );
}

function shown(text: unknown): string {
  return text === undefined ? 'missing' : JSON.stringify(text).slice(0, 80);
}

/** A page out of up to `limit` + 1 items: one more than fits says that there is a next page. */
export function pageOf<T, C>(
  items: readonly T[],
  limit: number,
  cursor: (item: T) => C,
): { items: readonly T[]; next: C | null } {
  const page = items.slice(0, limit);
  return { items: page, next: items.length > limit ? cursor(page.at(-1)!) : null };
}
