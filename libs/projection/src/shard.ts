// Shards: ranges of hash bins, each folded by itself. What owns a path, a project or a role is its bin (placement.ts), so shards
// whose ranges cover all bins and do not overlap decide together what one fold decides alone.

/** The bins from `first` to `last`, both included. */
export interface Shard {
  readonly first: number;
  readonly last: number;
}

/** Every bin in one shard, whatever their number. The last of several shards ends where this one does. */
export const WHOLE: Shard = { first: 0, last: Number.MAX_SAFE_INTEGER };

/** One of several equal shards: the `nth`, from 1, of `of`. */
export interface ShardChoice {
  readonly nth: number;
  readonly of: number;
}

/** Reads a choice written `2/3`; undefined where it is none. */
export function parseShardChoice(text: string): ShardChoice | undefined {
  const [, nth, of] = /^([1-9][0-9]{0,4})\/([1-9][0-9]{0,4})$/.exec(text) ?? [];
  const choice = { nth: Number(nth), of: Number(of) };
  return choice.nth <= choice.of ? choice : undefined;
}

/** The range of a choice among `binCount` bins; undefined where there are more shards than bins. */
export function shardOf({ nth, of }: ShardChoice, binCount: number): Shard | undefined {
  if (of > binCount) return undefined;
  const edge = (shards: number) => Math.floor((shards * binCount) / of);
  return { first: edge(nth - 1), last: nth === of ? WHOLE.last : edge(nth) - 1 };
}

/** Whether a shard holds a bin. */
export function holdsBin({ first, last }: Shard, bin: number): boolean {
  return bin >= first && bin <= last;
}

export function isSameShard(a: Shard, b: Shard): boolean {
  return a.first === b.first && a.last === b.last;
}

/** Whether two shards have a bin in common. */
export function shardsOverlap(a: Shard, b: Shard): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** Whether every bin is in exactly one of these shards. */
export function coverAllBins(shards: readonly Shard[]): boolean {
  let next = WHOLE.first;
  for (const { first, last } of [...shards].sort((a, b) => a.first - b.first)) {
    if (first !== next) return false;
    next = last + 1;
  }
  return next === WHOLE.last + 1;
}

/** A shard in words. */
export function shardText({ first, last }: Shard): string {
  if (last === WHOLE.last) return first === 0 ? 'all bins' : `bins ${first} and above`;
  return first === last ? `bin ${first}` : `bins ${first} to ${last}`;
}
