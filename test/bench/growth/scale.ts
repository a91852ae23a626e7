// Axes of charts: where a value stands between 0 and 1, and which values are marked.

export interface Scale {
  readonly ticks: readonly number[];
  place(value: number): number;
}

/** Marks of a linear axis, at most. */
const MOST_TICKS = 6;
/** Steps that people count in. */
const STEPS = [1, 2, 5, 10];

/** From 0 to the first round value that is not below `most`. */
export function linearScale(most: number): Scale {
  const step = roundStep(most / (MOST_TICKS - 1));
  const count = Math.max(1, Math.ceil(most / step));
  const top = count * step;
  return { ticks: Array.from({ length: count + 1 }, (_, i) => i * step), place: value => value / top };
}

function roundStep(least: number): number {
  const power = least > 0 ? 10 ** Math.floor(Math.log10(least)) : 1;
  return power * STEPS.find(step => step * power >= least)!;
}

/** Logarithmic, from the first to the last of the marks, which ascend and are above 0. */
export function logScale(ticks: readonly number[]): Scale {
  const [low, high] = [Math.log(ticks[0]!), Math.log(ticks.at(-1)!)];
  return { ticks, place: value => (high === low ? 0.5 : (Math.log(value) - low) / (high - low)) };
}

/** Powers of ten from at most the least to at least the most of some values, which are above 0. */
export function powersAround(values: readonly number[]): number[] {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
}
