import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type AppliedCut,
  cutNeeds,
  cutSeconds,
  dueLead,
  type Effects,
  Replay,
  type TargetsState,
} from '#projection';
import { nativeCrypto } from '#signing';
import { binName } from '#tuf';
import { action, play } from '../../../test/golden/random-history.js';

const crypto = nativeCrypto;
const history = fc.array(action, { minLength: 5, maxLength: 40 }).map(play);

function dueAt(state: TargetsState, bin: number, window: number): number {
  const name = binName(bin, state.opened!.bins.count);
  return state.bins.get(bin)!.role.complete!.expires - dueLead(name, window, crypto);
}

/** The bins that a cut drafts, from the states of all of them (DESIGN 4). */
function plannedByDefinition(state: TargetsState, { at, policy, keys }: AppliedCut): number[] {
  return [...state.bins.keys()].filter(bin => {
    const { role, changed } = state.bins.get(bin)!;
    if (!role.complete || Math.max(changed, keys.hashBinsSince) > role.complete.drafted) return true;
    return cutSeconds(at) >= dueAt(state, bin, policy.hashBins.window);
  });
}

/** What the bins give a cut to do, from the states of all of them. */
function needsByDefinition(state: TargetsState): { changed: number; due?: number } {
  const changed = Math.max(...[...state.bins.values()].map(bin => bin.changed));
  const complete = [...state.bins.keys()].filter(bin => state.bins.get(bin)!.role.complete);
  return complete.length === 0
    ? { changed }
    : { changed, due: Math.min(...complete.map(bin => dueAt(state, bin, state.cut!.window))) };
}

/** What a cut that is folded next has to draft: its own effects must not count. */
function planBefore(
  replay: Replay,
  value: Uint8Array,
): { effects: Effects | undefined; plan: (cut: AppliedCut) => number[] } {
  const before = structuredClone({ ...replay.state.targets });
  return { effects: replay.next(value), plan: cut => plannedByDefinition(before, cut) };
}

it('what a cut plans, and what it is told to need, is what all the bins say', () => {
  let [planned, cuts] = [0, 0];
  fc.assert(
    fc.property(history, fc.func(fc.boolean()), ({ ledger, values }, restarts) => {
      const replay = new Replay(ledger, crypto);
      values.forEach((value, index) => {
        const { effects, plan } = planBefore(replay, value);
        const { targets } = replay.state;
        // As after a restart: the states of the bins are all that is left.
        if (restarts(index)) delete targets.schedule;
        if (!effects) return;
        expect(cutNeeds(targets, crypto)).toEqual(needsByDefinition(targets));
        if (!effects.root.cut) return;
        expect(effects.targets.planned).toEqual(plan(effects.root.cut));
        cuts++;
        planned += effects.targets.planned.length;
      });
    }),
    { numRuns: 60 },
  );
  expect(cuts).toBeGreaterThan(100);
  expect(planned).toBeGreaterThan(cuts / 2);
});
