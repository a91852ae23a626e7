// The command line of `npm run simulate`.

import { parseArgs } from 'node:util';
import { BUGS } from './bugs.js';
import type { HistoryPlan, Part } from './history.js';

export const USAGE = `npm run simulate -- [options]
  --histories N    how many histories to play (1000)
  --seed S         the first one's seed, those of the others follow it (drawn anew each time, and printed)
  --steps N        how many things happen in a history at most (50)
  --jobs J         how many processes play them, each with a Postgres of its own (1)
  --bug NAME       play them with a deliberate bug: ${BUGS.map(({ name }) => `"${name}"`).join(', ')}
  --only-steps a,b,...    play these steps of the one history of --seed only
  --only-faults a,b,...   and let these faults fire only
  --trace          print every turn
`;

export interface Options {
  readonly histories: number;
  readonly seed: number;
  readonly steps: number;
  readonly jobs: number;
  readonly bug: HistoryPlan['bug'];
  readonly part: Part | undefined;
  readonly trace: boolean;
}

const DEFAULT_HISTORIES = 1_000;
export const DEFAULT_STEPS = 50;
const SEED_BOUND = 1_000_000_000;

/** @throws Error that says which option is wrong. */
export function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ histories: text, seed: text, steps: text, jobs: text, bug: text },
      ...{ 'only-steps': text, 'only-faults': text, trace: { type: 'boolean' } },
    },
  });
  const steps = values['only-steps'];
  const faults = values['only-faults'];
  const part = {
    ...(steps === undefined ? {} : { steps: new Set(listOf(steps).map(Number)) }),
    ...(faults === undefined ? {} : { faults: new Set(listOf(faults)) }),
  };
  const isPart = steps !== undefined || faults !== undefined;
  return {
    histories: isPart ? 1 : wholeNumber('histories', values.histories, DEFAULT_HISTORIES),
    seed: wholeNumber('seed', values.seed, freshSeed()),
    steps: wholeNumber('steps', values.steps, DEFAULT_STEPS),
    jobs: wholeNumber('jobs', values.jobs, 1),
    bug: bugNamed(values.bug),
    part: isPart ? part : undefined,
    trace: values.trace ?? false,
  };
}

export function freshSeed(): number {
  return Math.floor(Math.random() * SEED_BOUND);
}

function listOf(text: string): string[] {
  return text === '' ? [] : text.split(',');
}

function wholeNumber(name: string, text: string | undefined, standard: number): number {
  const number = text === undefined ? standard : Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`--${name} takes a whole number, not "${text}".`);
}

function bugNamed(name: string | undefined): HistoryPlan['bug'] {
  const bug = BUGS.find(each => each.name === name);
  if (name === undefined || bug) return bug;
  throw new Error(`There is no bug "${name}".`);
}
