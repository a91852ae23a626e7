/** The p-th percentile of some values (nearest rank). */
export function percentile(values: readonly number[], p: number): number {
  if (values.length === 0) throw new RangeError('there is no percentile of no values');
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)]!;
}

/** The milliseconds that something takes that is done when it returns. */
export function timedNow(work: () => unknown): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

/** The milliseconds that something takes. */
export async function timed(work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** The median of the milliseconds that something takes, over some rounds. */
export async function medianOf(rounds: number, work: (round: number) => unknown): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await timed(() => work(round)));
  return percentile(times, 50);
}
