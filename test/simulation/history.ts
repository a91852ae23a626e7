// One history: a seed, a setting and a script, played from the opening of a ledger to the end.

import type { Bug } from './bug.js';
import { Chance } from './chance.js';
import type { Database } from './database.js';
import { perform } from './deeds.js';
import type { FiredFault } from './faults.js';
import { drawScript, type ScriptStep } from './script.js';
import { drawSetting, type Setting } from './setting.js';
import { settle } from './settling.js';
import { World } from './world.js';

/** What of a seed's history is played. */
export interface Part {
  /** The numbers of the script's steps; all by default. */
  readonly steps?: ReadonlySet<number>;
  /** The ids of the faults; all by default. */
  readonly faults?: ReadonlySet<string>;
}

export interface HistoryPlan {
  readonly seed: number;
  /** How many things happen at most. */
  readonly steps: number;
  readonly bug?: Bug | undefined;
}

/** A history that was played. */
export interface Played {
  readonly setting: Setting;
  readonly script: readonly ScriptStep[];
  readonly fired: readonly FiredFault[];
  readonly turns: number;
  /** States that were published, and records in the log. */
  readonly states: number;
  readonly records: number;
  /** What must never happen and did. */
  readonly failure: Error | undefined;
}

/** Turns that a history has at least before its first step is worth anything. */
const LEAST_STEPS = 10;

export function drawHistory({ seed, steps, bug }: HistoryPlan): { setting: Setting; script: ScriptStep[] } {
  const chance = new Chance(seed);
  const random = chance.at('history', 0);
  const setting = {
    ...drawSetting(random, chance.at('shards', 0), chance.at('rekeyings', 0)),
    ...bug?.setting,
  };
  const length = Math.min(steps, LEAST_STEPS) + random.below(Math.max(1, steps - LEAST_STEPS));
  return { setting, script: drawScript(random, length, setting) };
}

export async function play(
  plan: HistoryPlan,
  database: Database,
  part: Part = {},
  listen?: (line: string) => void,
): Promise<Played> {
  const { setting, script } = drawHistory(plan);
  await database.empty();
  const world = new World({ ...plan, setting, database, only: part.faults, listen });
  const onRejection = (error: unknown) => void world.blame(error as Error);
  process.on('unhandledRejection', onRejection);
  world.time.install();
  let failure: Error | undefined;
  try {
    await run(world, script, part);
  } catch (error) {
    failure = error as Error;
  } finally {
    world.time.uninstall();
    await database.breakOff();
    process.off('unhandledRejection', onRejection);
  }
  const { fired } = world.faults;
  const { size, published } = world.truth.now;
  return {
    setting,
    script,
    fired,
    turns: world.turns.taken,
    states: published.state?.state ?? 0,
    records: size,
    failure,
  };
}

async function run(world: World, script: readonly ScriptStep[], { steps }: Part): Promise<void> {
  for (const { name } of world.plans) await world.start(name);
  for (const [i, { turns, action }] of script.entries()) {
    if (steps && !steps.has(i)) continue;
    await runTurns(world, turns);
    world.note(`#${i} ${action.kind}`);
    await perform(world, action);
    world.look();
    world.demandNothing();
  }
  await settle(world);
}

/** Some turns; fewer where nothing but time goes on. */
async function runTurns(world: World, turns: number): Promise<void> {
  let idle = 0;
  for (let turn = 0; turn < turns && idle < IDLE_LEAPS; turn++) idle = (await world.turn()) ? 0 : idle + 1;
}

/** Leaps of time, one after the other, after which nothing is waited for any longer. */
const IDLE_LEAPS = 3;
