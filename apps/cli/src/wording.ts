// Numbers and times as people read them.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const NUMBER = new Intl.NumberFormat('en-US');

/** `1,000`. */
export function number(value: number): string {
  return NUMBER.format(value);
}

/** `1 file`, `1,000 files`. */
export function count(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** A time span in its largest unit, from milliseconds: `350 ms`, `12 s`, `5 min`, `3 h`, `40 days`. */
export function span(milliseconds: number): string {
  if (milliseconds < SECOND) return `${Math.max(0, Math.round(milliseconds))} ms`;
  if (milliseconds < 2 * MINUTE) return `${Math.floor(milliseconds / SECOND)} s`;
  if (milliseconds < 2 * HOUR) return `${Math.floor(milliseconds / MINUTE)} min`;
  if (milliseconds < 2 * DAY) return `${Math.floor(milliseconds / HOUR)} h`;
  return `${Math.floor(milliseconds / DAY)} days`;
}
