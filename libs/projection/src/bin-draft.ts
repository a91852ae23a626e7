// What a cut does to the hash bins: which of them get a new version, and what stands in it.

import { type Crypto, formatExpires, targetsText } from '#tuf';
import { binFragments } from './bin.js';
import { type Drafted, nextVersion, openDraft } from './draft.js';
import { cutSeconds, dueLead } from './due.js';
import type { AppliedCut } from './root.js';
import { contentOf, nameOf, type TargetsState } from './targets-state.js';

/** A cut ends the state before: its open drafts die, and bins that were touched since their newest complete version, or are due, get a new one. */
export function planCut(state: TargetsState, cut: AppliedCut, crypto: Crypto): number[] {
  for (const bin of state.open) {
    delete state.bins.get(bin)!.role.draft;
    state.texts.delete(nameOf(state, bin));
  }
  state.open.clear();
  const planned: number[] = [];
  const now = cutSeconds(cut.at);
  for (const [bin, { role, changed }] of state.bins) {
    const { complete } = role;
    if (!complete || changed > complete.drafted) planned.push(bin);
    else if (now >= complete.expires - leadOf(state, bin, cut.policy.hashBins.window, crypto))
      planned.push(bin);
  }
  return planned;
}

/** What makes a cut worthwhile, for a scheduler of cuts. */
export interface CutNeeds {
  /** The position of the newest accepted event that changed a bin; -1 where there is none. */
  readonly changed: number;
  /** The Unix second at which the first bin falls due; absent while none is complete. */
  readonly due?: number;
}

/** What the bins of this shard give a cut to do. */
export function cutNeeds(state: TargetsState, crypto: Crypto): CutNeeds {
  let newest = -1;
  let due = Number.POSITIVE_INFINITY;
  for (const [bin, { role, changed }] of state.bins) {
    if (changed > newest) newest = changed;
    if (!role.complete) continue;
    const { window } = state.opened!.policy.hashBins;
    due = Math.min(due, role.complete.expires - leadOf(state, bin, window, crypto));
  }
  return Number.isFinite(due) ? { changed: newest, due } : { changed: newest };
}

// One SHA-256 and one big division per bin and window, not per cut: 16,384 of them take longer than the rest of a cut.
const leads = new WeakMap<TargetsState, { window: number; leads: Map<number, number> }>();

function leadOf(state: TargetsState, bin: number, window: number, crypto: Crypto): number {
  let cached = leads.get(state);
  if (cached?.window !== window) {
    cached = { window, leads: new Map() };
    leads.set(state, cached);
  }
  let lead = cached.leads.get(bin);
  if (lead === undefined) {
    lead = dueLead(nameOf(state, bin), window, crypto);
    cached.leads.set(bin, lead);
  }
  return lead;
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
  return openDraft(name, role, { version, expires, position: cut.position, text }, crypto);
}
