// How far the shards of one schema have come, as told by rows and by notices. Shards never overlap: what is told of one ends what
// was known of those that it was made of, or of the one that it is a part of.

import { coverAllBins, isSameShard, type Shard, shardsOverlap } from '#projection';

/** A shard and the records that it has folded. */
export interface ShardPosition {
  readonly shard: Shard;
  readonly position: number;
}

export class ShardPositions {
  private told: ShardPosition[] = [];
  private least = 0;

  /** The records that all shards have folded; 0 where bins are covered by none. */
  get watermark(): number {
    return this.least;
  }

  /** A shard has come to a position. */
  set(shard: Shard, position: number): void {
    const place = this.told.findIndex(other => isSameShard(other.shard, shard));
    if (place >= 0) this.told[place] = { shard, position };
    else this.told = [...this.told.filter(other => !shardsOverlap(other.shard, shard)), { shard, position }];
    this.reckon();
  }

  /** All that there is. */
  replace(all: readonly ShardPosition[]): void {
    this.told = [...all];
    this.reckon();
  }

  private reckon(): void {
    const isWhole = coverAllBins(this.told.map(({ shard }) => shard));
    this.least = isWhole ? Math.min(...this.told.map(({ position }) => position)) : 0;
  }
}
