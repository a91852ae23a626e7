// One line of the bench's table: what was measured, a limit measured in the same run, and their ratio. An absolute time on a
// shared machine says little; the ratio says how far the ledger is from what the machine allows.

/** `ms`, `MiB` and `times` are better when smaller; the rates when larger. */
export type Unit = 'ms' | 'MiB' | 'times' | 'files/s' | 'events/s';

/** One kind of operation of a limit: how often it is needed, and the milliseconds of one. */
export interface Part {
  readonly what: string;
  readonly count: number;
  readonly ms: number;
  /** The milliseconds of what one consists of, where it is several operations. */
  readonly steps?: Readonly<Record<string, number>>;
}

/** What the same machine needs, in the unit of the figure. `of` says what it is, for people. */
export interface Limit {
  readonly value: number;
  readonly of: string;
  readonly parts?: readonly Part[];
}

export interface Figure {
  /** Unique and stable, e.g. `upload.p50`. */
  readonly key: string;
  readonly name: string;
  readonly unit: Unit;
  readonly value: number;
  readonly limit: Limit;
}

/** Whether a larger figure is the better one. */
function isRate(unit: Unit): boolean {
  return unit.endsWith('/s');
}

/** How many times worse than its limit a figure is; 1 is as good as the limit. */
export function ratio({ unit, value, limit }: Pick<Figure, 'unit' | 'value' | 'limit'>): number {
  return isRate(unit) ? limit.value / value : value / limit.value;
}

/** Whether a figure is at least as good as its target, which has the figure's unit. */
export function reaches({ unit, value }: Pick<Figure, 'unit' | 'value'>, target: number): boolean {
  return isRate(unit) ? value >= target : value <= target;
}

/** The operations in sequence, as a limit in milliseconds. */
export function sumOf(parts: readonly Part[]): Limit {
  return { value: totalOf(parts), of: wordsOf(parts), parts };
}

/** The operations in sequence for so many files or events, as a limit of their rate per second. */
export function rateOf(count: number, parts: readonly Part[]): Limit {
  return { value: count / (totalOf(parts) / 1000), of: wordsOf(parts), parts };
}

function totalOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { count, ms }) => sum + count * ms, 0);
}

function wordsOf(parts: readonly Part[]): string {
  return parts
    .filter(({ count }) => count > 0)
    .map(({ what, count }) => `${grouped(count)} × ${what}`)
    .join(', ');
}

/** A value with its unit, as people read it. */
export function withUnit(value: number, unit: Unit): string {
  switch (unit) {
    case 'ms':
      return time(value);
    case 'MiB':
      return `${grouped(Math.round(value))} MiB`;
    case 'times':
      return `${value.toFixed(2)} times`;
    default:
      return `${grouped(Math.round(value))} ${unit}`;
  }
}

function time(ms: number): string {
  if (ms < 1) return `${(ms * 1000).toFixed(1)} µs`;
  if (ms < 1000) return `${ms.toFixed(1)} ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

/** `16,384`. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
