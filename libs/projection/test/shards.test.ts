import { describe, expect, it } from 'vitest';
import {
  type AppliedCut,
  type BinContent,
  binsOfStep,
  type Drafted,
  draftBin,
  evolveRoot,
  evolveTargets,
  newRootState,
  newTargetsState,
  Reader,
  type Step,
  type TargetsEffects,
  type TargetsState,
} from '#projection';
import { nativeCrypto } from '#signing';
import { HISTORIES } from '../../../test/golden/histories.js';

const crypto = nativeCrypto;

/** What a record did in targets, in an order that does not depend on who did it. */
function summary(parts: readonly TargetsEffects[]) {
  const all = <T>(of: (effects: TargetsEffects) => readonly T[]): T[] => parts.flatMap(of);
  const byRole = <T extends { role: string; version: number }>(list: T[]) =>
    list.sort((a, b) => (a.role < b.role ? -1 : a.role > b.role ? 1 : a.version - b.version));
  return {
    outcomes: all(({ outcomes }) => outcomes).sort(
      (a, b) => a.event - b.event || (a.entry ?? 0) - (b.entry ?? 0),
    ),
    // Within one bin the order of changes counts.
    changes: all(({ changes }) => changes).sort((a, b) => a.bin - b.bin),
    planned: all(({ planned }) => planned).sort((a, b) => a - b),
    drafted: byRole(all(({ drafted }): readonly Drafted[] => drafted)),
    completed: byRole(all(({ completed }) => completed)),
  };
}

/** A shard as its service runs it: a bin is in the working set only while a step or a draft of it needs it. */
class ShardService {
  readonly state: TargetsState;
  private readonly stored = new Map<number, BinContent>();

  constructor(first: number, last: number) {
    this.state = newTargetsState({ first, last });
  }

  fold(step: Step, cut: AppliedCut | undefined): TargetsEffects {
    const { bins, projects } = binsOfStep(this.state, step);
    for (const [bin, content] of this.stored) {
      const holds = [...projects].some(project =>
        [...content.keys()].some(path => path.startsWith(`${project}/`)),
      );
      if (bins.has(bin) || holds) this.load(bin);
    }
    for (const bin of bins) this.load(bin);
    const effects = evolveTargets(this.state, step, cut, crypto);
    this.evict();
    for (const bin of effects.planned) {
      this.load(bin);
      effects.drafted.push(draftBin(this.state, bin, cut!, crypto));
      this.evict();
    }
    return effects;
  }

  private load(bin: number): void {
    this.state.contents.set(bin, this.stored.get(bin) ?? new Map());
  }

  private evict(): void {
    for (const [bin, content] of this.state.contents) this.stored.set(bin, content);
    this.state.contents.clear();
  }
}

/** Folds a history in shards that split the bins as evenly as they can. */
function inShards(ledger: string, values: readonly Uint8Array[], count: number, shards: number) {
  const edge = (shard: number): number => Math.floor((shard * count) / shards);
  const services = Array.from({ length: shards }, (_, i) => new ShardService(edge(i), edge(i + 1) - 1));
  const reader = Reader.begin(ledger, crypto);
  const root = newRootState();
  return values.flatMap(value => {
    const read = reader.next(value);
    if ('noise' in read) return [];
    const { cut } = evolveRoot(root, read.step);
    return [summary(services.map(service => service.fold(read.step, cut)))];
  });
}

describe.each(HISTORIES.filter(({ values }) => values === 'whole'))('the history $name', ({ build }) => {
  const { effects, ledger, values, replay } = build();
  const { count } = replay.state.reader.opened!.bins;
  const whole = effects.map(({ targets }) => summary([targets]));

  it.each([1, 2, 3, 5])('comes to the same in %i shards as in one fold', shards => {
    expect(inShards(ledger, values, count, shards)).toEqual(whole);
  });
});
