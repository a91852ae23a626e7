// `npm run simulate`: many histories, for hours if need be. Ends with 1 after the first that fails, which it shortens and prints.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { optionsOrUsage, SIGNAL_CODES } from '../fixtures/options.js';
import { type Options, readOptions, USAGE } from './options.js';
import { Simulation } from './simulation.js';

const FAILED = 1;
/** Histories after which it says how far it is. */
const REPORT_EVERY = 100;

async function main(): Promise<void> {
  const options = optionsOrUsage(readOptions, USAGE);
  if (options.jobs > 1) return playInJobs(options);
  const simulation = await Simulation.open();
  // The history that is being played is played to its end; a second signal ends the process at once.
  const interruption = new AbortController();
  for (const [signal, code] of Object.entries(SIGNAL_CODES)) {
    process.once(signal, () => {
      process.exitCode = code;
      interruption.abort();
    });
  }
  try {
    await playAll(simulation, options, interruption.signal);
  } finally {
    await simulation.close();
  }
}

async function playAll(
  simulation: Simulation,
  { histories, seed, steps, bug, part, trace }: Options,
  interruption: AbortSignal,
): Promise<void> {
  say(`Histories from seed ${seed} on, ${steps} steps at most.`);
  const began = performance.now();
  for (let i = 0; i < histories && !interruption.aborted; i++) {
    const plan = { seed: seed + i, steps, bug };
    const played = await simulation.play(plan, part, trace ? say : undefined);
    if (played.failure) {
      process.exitCode = FAILED;
      say(`Seed ${plan.seed} failed: ${played.failure.message}`);
      return part ? undefined : say(await simulation.explain(plan, played));
    }
    if ((i + 1) % REPORT_EVERY === 0 || i + 1 === histories) report(simulation, performance.now() - began);
  }
}

function report({ tally: { histories, turns, states, faults } }: Simulation, ms: number): void {
  const rate = (histories / ms) * 1000;
  say(
    `${histories} histories, ${rate.toFixed(1)}/s: ${states} states published, ${faults} faults, ${turns} turns; nothing failed.`,
  );
}

/** Each job plays its share of the seeds in a process of its own. */
async function playInJobs({ jobs, histories, seed, steps, bug }: Options): Promise<void> {
  const share = Math.ceil(histories / jobs);
  const playing = Array.from({ length: jobs }, (_, job) => {
    const args = [
      '--histories',
      share,
      '--seed',
      seed + job * share,
      '--steps',
      steps,
      ...(bug ? ['--bug', bug.name] : []),
    ];
    const child = fork(fileURLToPath(import.meta.url), args.map(String));
    return new Promise<number>(resolve => child.once('exit', code => resolve(code ?? FAILED)));
  });
  process.exitCode = Math.max(...(await Promise.all(playing)));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main();
