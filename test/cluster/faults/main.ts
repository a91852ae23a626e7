// `npm run faults`: a ledger on Kafka under faults, for as long as it takes. Ends with 1 where a promise was broken.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { optionsOrUsage } from '../../fixtures/options.js';
import { runFaults } from './fault-run.js';
import { writeReliability } from './reliability.js';

const USAGE = `npm run faults -- [options]
  --faults N     how many faults befall it (100)
  --seed S       the schedule's seed (drawn anew each time, and printed)
  --bins N       hash bins of the ledger (16)
  --brokers N    Kafka brokers: 1, or 3 that replicate (1)
  --out FILE     keep the report, as JSON
  --doc          write the report into docs/reliability.md
`;
const FAILED = 1;
const SEED_BOUND = 1_000_000_000;

interface Options {
  readonly faults: number;
  readonly seed: number;
  readonly bins: number;
  readonly brokers: 1 | 3;
  readonly out: string | undefined;
  readonly doc: boolean;
}

function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { faults: text, seed: text, bins: text, brokers: text, out: text, doc: { type: 'boolean' } },
  });
  const whole = (name: string, given: string | undefined, standard: number) => {
    const number = Number(given ?? standard);
    if (Number.isSafeInteger(number) && number > 0) return number;
    throw new Error(`--${name} takes a whole number from 1 on, not "${given}".`);
  };
  if (!['1', '3'].includes(values.brokers ?? '1')) throw new Error('--brokers takes 1 or 3.');
  return {
    faults: whole('faults', values.faults, 100),
    seed: whole('seed', values.seed, 1 + Math.floor(Math.random() * SEED_BOUND)),
    bins: whole('bins', values.bins, 16),
    brokers: values.brokers === '3' ? 3 : 1,
    out: values.out,
    doc: values.doc ?? false,
  };
}

async function main(): Promise<void> {
  const { out, doc, ...run } = optionsOrUsage(readOptions, USAGE);
  const folder = await mkdtemp(join(tmpdir(), 'tuf-ledger-faults-'));
  say(`Seed ${run.seed}, ${run.faults} faults, in ${folder}`);
  const report = await runFaults({ ...run, folder, long: true, say });
  await rm(folder, { recursive: true });
  const text = `${JSON.stringify(report, null, 1)}\n`;
  if (out !== undefined) await writeFile(out, text);
  if (doc) await writeReliability(report);
  process.stdout.write(text);
}

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}

await main().catch((error: Error) => {
  // The folder stays, with what every service said.
  say(error.message);
  process.exit(FAILED);
});
