import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUGS } from './bugs.js';
import { DEFAULT_STEPS, freshSeed } from './options.js';
import { checkOf } from './shrink.js';
import { Simulation } from './simulation.js';

const FIXED_SEEDS = 20;
/** Seeds of histories that once failed, and what each found. */
const FOUND: readonly (readonly [seed: number, what: string])[] = [
  [700682, 'projectors that waited for one that had yet to join and whose commits Postgres had lost'],
  [800730, 'a crash of Postgres after which the simulation itself told of a move that was never made'],
  [901489, 'a snapshot that was rendered from what Postgres had just lost, and taken for a forgery'],
  [
    26941984,
    'targets that became complete after the cut of a state, written in place of those that it lists',
  ],
  [248879364, 'a cut at half a millisecond, after a wait of half an odd time'],
];
/** Each deliberate bug must be found within so many histories. */
const HISTORIES_PER_BUG = 60;
const LIMIT_MS = 600_000;

let simulation: Simulation;

beforeAll(async () => {
  simulation = await Simulation.open();
});
afterAll(() => simulation?.close());

/** Plays histories until one fails; gives what it broke, or undefined. */
async function firstFailure(first: number, count: number): Promise<string | undefined> {
  for (let seed = first; seed < first + count; seed++) {
    const plan = { seed, steps: DEFAULT_STEPS };
    const played = await simulation.play(plan);
    if (played.failure) return simulation.explain(plan, played);
  }
  return undefined;
}

describe('a ledger under fault', () => {
  it('keeps what it promises in the fixed histories', { timeout: LIMIT_MS }, async () => {
    expect(await firstFailure(1, FIXED_SEEDS)).toBeUndefined();
    const { states, faults } = simulation.tally;
    expect(states).toBeGreaterThan(FIXED_SEEDS);
    expect(faults).toBeGreaterThan(0);
  });

  it.each(FOUND)(
    'keeps what it promises in history %i, which found %s',
    { timeout: LIMIT_MS },
    async seed => {
      expect(await firstFailure(seed, 1)).toBeUndefined();
    },
  );

  it('keeps what it promises in a fresh history', { timeout: LIMIT_MS }, async () => {
    const seed = freshSeed();
    console.info(`The fresh history has the seed ${seed}.`);
    expect(await firstFailure(seed, 1)).toBeUndefined();
  });

  it('gives one history per seed, turn by turn', { timeout: LIMIT_MS }, async () => {
    const [once, twice]: string[][] = [[], []];
    for (const lines of [once!, twice!])
      await simulation.play({ seed: 4, steps: DEFAULT_STEPS }, undefined, line => lines.push(line));
    expect(once!.length).toBeGreaterThan(100);
    expect(twice).toEqual(once);
  });

  it.each(BUGS)('finds $name', { timeout: LIMIT_MS }, async bug => {
    for (let seed = 1; seed <= HISTORIES_PER_BUG; seed++) {
      const played = await simulation.play({ seed, steps: DEFAULT_STEPS, bug });
      if (!played.failure) continue;
      expect(bug.breaks).toContain(checkOf(played));
      return;
    }
    expect.unreachable(`${bug.name} was not found within ${HISTORIES_PER_BUG} histories`);
  });
});
