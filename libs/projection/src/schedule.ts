// Which bins a cut drafts, and when the first falls due: kept up to date as events touch bins and versions complete, so that
// neither a cut nor a commit walks over the states of 16,384 bins. It follows from those states and is made of them where it
// is missing: whoever restores a state fills `bins` before anything is folded.

import type { Crypto } from '#tuf';
import { dueLead } from './due.js';
import { type BinState, nameOf, type Schedule, type TargetsState } from './targets-state.js';

/** The schedule of a shard whose ledger is open. */
export function scheduleOf(state: TargetsState, window: number, crypto: Crypto): Schedule {
  if (state.schedule?.window !== window) state.schedule = makeSchedule(state, window, crypto);
  return state.schedule;
}

function makeSchedule(state: TargetsState, window: number, crypto: Crypto): Schedule {
  const { first, last } = state.shard;
  const size = Math.max(0, Math.min(last, state.opened!.bins.count - 1) - first + 1);
  const schedule: Schedule = {
    window,
    touched: new Uint8Array(size),
    due: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
    leads: new Float64Array(size).fill(Number.NaN),
    changed: -1,
  };
  for (const [bin, binState] of state.bins) {
    place(state, schedule, bin, binState, crypto);
    schedule.changed = Math.max(schedule.changed, binState.changed);
  }
  return schedule;
}

function place(
  state: TargetsState,
  schedule: Schedule,
  bin: number,
  { role: { complete }, changed }: BinState,
  crypto: Crypto,
): void {
  const at = bin - state.shard.first;
  schedule.touched[at] = !complete || changed > complete.drafted ? 1 : 0;
  if (!complete) return;
  if (Number.isNaN(schedule.leads[at]))
    schedule.leads[at] = dueLead(nameOf(state, bin), schedule.window, crypto);
  if (schedule.due[at] === schedule.earliest) delete schedule.earliest;
  schedule.due[at] = complete.expires - schedule.leads[at]!;
  if (schedule.earliest !== undefined) schedule.earliest = Math.min(schedule.earliest, schedule.due[at]);
}

/** Notes that an accepted event at `position` changed a bin. */
export function noteTouched(state: TargetsState, bin: number, position: number): void {
  state.bins.get(bin)!.changed = position;
  if (!state.schedule) return;
  state.schedule.touched[bin - state.shard.first] = 1;
  state.schedule.changed = Math.max(state.schedule.changed, position);
}

/** Notes that a bin has a new complete version. */
export function noteComplete(state: TargetsState, bin: number, crypto: Crypto): void {
  if (state.schedule) place(state, state.schedule, bin, state.bins.get(bin)!, crypto);
}

/** The bins that a cut at the Unix second `now` drafts, in ascending order. */
export function plannedBins({ shard }: TargetsState, { touched, due }: Schedule, now: number): number[] {
  const planned: number[] = [];
  for (let at = 0; at < due.length; at++)
    if (touched[at] === 1 || now >= due[at]!) planned.push(shard.first + at);
  return planned;
}

/** The Unix second at which the first bin falls due; infinite while none is complete. */
export function earliestDue(schedule: Schedule): number {
  schedule.earliest ??= leastOf(schedule.due);
  return schedule.earliest;
}

function leastOf(times: Float64Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (const time of times) if (time < least) least = time;
  return least;
}
