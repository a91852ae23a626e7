// What a cut does to the hash bins: which of them get a new version, and what stands in it.

import { roleKeysOf } from '#ledger';
import { type Crypto, formatExpires, targetsText } from '#tuf';
import { binFragments } from './bin.js';
import { type Busyness, joinedBusyness } from './busyness.js';
import { type Drafted, nextVersion, openDraft } from './draft.js';
import { cutSeconds } from './due.js';
import type { AppliedCut } from './root.js';
import { earliestDue, noteTouched, plannedBins, scheduleOf } from './schedule.js';
import { contentOf, nameOf, type TargetsState } from './targets-state.js';

/** A cut ends the state before: its open drafts die, and bins that were touched since their newest complete version, or are due, get a new one. */
export function planCut(state: TargetsState, cut: AppliedCut, crypto: Crypto): number[] {
  for (const bin of state.open) {
    delete state.bins.get(bin)!.role.draft;
    state.texts.delete(nameOf(state, bin));
  }
  state.open.clear();
  const { window } = cut.policy.hashBins;
  const since = cut.keys.hashBinsSince;
  state.cut = { keys: roleKeysOf(cut.keys.hashBins, crypto), since, window };
  // Other keys, or another clock, change every bin as much as an event on one of its files.
  for (const [bin, { role, changed }] of state.bins)
    if (role.complete && role.complete.drafted < since && changed < since) noteTouched(state, bin, since);
  return plannedBins(state, scheduleOf(state, window, crypto), cutSeconds(cut.at));
}

/** What makes a cut worthwhile, for a scheduler of cuts. */
export interface CutNeeds {
  /** The position of the newest accepted event that changed a bin; -1 where there is none. */
  readonly changed: number;
  /** The Unix second at which the first bin falls due; absent while none is complete. */
  readonly due?: number;
  /** What the last commits tell of the pace; a service of an older release told nothing. */
  readonly busy?: Busyness;
}

/** What the bins of this shard give a cut to do. Cheap enough for every commit. */
export function cutNeeds(state: TargetsState, crypto: Crypto): CutNeeds {
  if (!state.opened) return { changed: -1 };
  const window = state.cut?.window ?? state.opened.policy.hashBins.window;
  const schedule = scheduleOf(state, window, crypto);
  const { changed } = schedule;
  const due = earliestDue(schedule);
  return Number.isFinite(due) ? { changed, due } : { changed };
}

/** What the bins of all these shards give a cut to do. */
export function joinedNeeds(needs: readonly CutNeeds[]): CutNeeds {
  const changed = Math.max(-1, ...needs.map(need => need.changed));
  const due = Math.min(...needs.map(need => need.due ?? Number.POSITIVE_INFINITY));
  const busy = needs.flatMap(need => need.busy ?? []);
  return {
    changed,
    ...(Number.isFinite(due) && { due }),
    ...(busy.length > 0 && busy.length === needs.length && { busy: joinedBusyness(busy) }),
  };
}

/** Drafts one bin that the cut planned. Its content must be as of the cut: call before the next step is folded. */
export function draftBin(state: TargetsState, bin: number, cut: AppliedCut, crypto: Crypto): Drafted {
  const { role } = state.bins.get(bin)!;
  const version = nextVersion(role);
  const expires = cutSeconds(cut.at) + cut.policy.hashBins.lifetime;
  const fragments = binFragments(contentOf(state, bin));
  const text = targetsText({ version, expires: formatExpires(expires), fragments });
  const name = nameOf(state, bin);
  state.texts.set(name, text);
  state.open.add(bin);
  const sha256 = crypto.sha256Hex(text);
  return openDraft(name, role, { version, expires, position: cut.position, sha256, text });
}
