// `tuf-ledger submit`: sends events, or a record that was signed elsewhere, and tells what became of them.

import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Command } from 'commander';
import { type Environment, print, printJson } from '../environment.js';
import { CliError } from '../errors.js';
import { readEvents } from '../event-list.js';
import { ExitCode } from '../exit-code.js';
import type { Gateway } from '../gateway.js';
import type { Outcome } from '../gateway-answers.js';
import { type Sent, sendEvents } from '../send.js';
import { type AppendOptions, gatewayToAppend, withAppendOptions } from '../server-options.js';
import { count } from '../wording.js';

interface SubmitOptions extends AppendOptions {
  readonly envelope?: string;
}

/** The outcome of a submission, before it is put into words. `events` is 0 for an envelope, which is not opened here. */
interface Submission extends Pick<Sent, 'positions' | 'outcomes' | 'published'> {
  readonly events: number;
}

export function registerSubmit(program: Command, environment: Environment): void {
  withAppendOptions(program.command('submit'))
    .description('send events and tell what became of each')
    .argument(
      '[events]',
      'a file with a JSON array of events, one event, or JSON lines; - for the standard input',
    )
    .option('--envelope <file>', 'send this ready envelope (DSSE JSON) instead; - for the standard input')
    .action(async (events: string | undefined, options: SubmitOptions) => {
      const submission = await submit(events, options, environment);
      if (options.json) printJson(environment, submissionJson(submission));
      else print(environment, ...submissionLines(submission, options.wait));
      environment.exitCode = exitCodeOf(submission, options.wait);
    });
}

async function submit(
  source: string | undefined,
  options: SubmitOptions,
  environment: Environment,
): Promise<Submission> {
  if ((source === undefined) === (options.envelope === undefined)) {
    throw new CliError(
      'arguments-invalid',
      'One thing is sent at a time.',
      'Give either a file of events or --envelope.',
    );
  }
  const bytes = await readInput((source ?? options.envelope)!, environment);
  if (source === undefined)
    return submitEnvelope(bytes, options, await gatewayToAppend(options, environment));
  const events = readEvents(bytes.toString('utf8'), source === '-' ? 'the standard input' : source);
  const gateway = await gatewayToAppend(options, environment);
  return { ...(await sendEvents(gateway, events, options.wait)), events: events.length };
}

async function submitEnvelope(
  envelope: Buffer<ArrayBuffer>,
  { wait }: SubmitOptions,
  gateway: Gateway,
): Promise<Submission> {
  const { positions, outcomes = [], published } = await gateway.appendEnvelope(envelope, wait);
  return { positions, outcomes, published, events: 0 };
}

async function readInput(source: string, { stdin }: Environment): Promise<Buffer<ArrayBuffer>> {
  if (source === '-') return Buffer.from(await buffer(stdin));
  try {
    return Buffer.from(await readFile(source));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(
      'source-missing',
      `${source} can't be read (${code}).`,
      'Give a file that exists, or - for the standard input.',
    );
  }
}

function exitCodeOf({ outcomes, published }: Submission, waited: boolean): ExitCode {
  if (outcomes.some(outcome => outcome.result === 'rejected')) return ExitCode.refused;
  return waited && !published ? ExitCode.pending : ExitCode.ok;
}

function submissionJson({ positions, outcomes, published }: Submission): object {
  return { positions, outcomes, published };
}

function submissionLines({ events, positions, outcomes, published }: Submission, waited: boolean): string[] {
  const what = events === 0 ? 'The envelope is' : `${count(events, 'event')} ${events === 1 ? 'is' : 'are'}`;
  const where =
    positions.length === 1 ? `position ${positions[0]}` : `positions ${positions[0]} to ${positions.at(-1)}`;
  const lines = [`${what} in the ledger at ${where}.`, ...outcomes.map(outcomeLine)];
  if (!waited) lines.push('Not waited for: what became of it. Next: tuf-ledger status');
  else if (!published)
    lines.push(
      'Not all of it is published yet. It will be without further help; tuf-ledger status shows when.',
    );
  return lines;
}

function outcomeLine({ event, position, result, code, detail, role, version, snapshot }: Outcome): string {
  const reason = code === undefined ? '' : `: ${code}${detail === undefined ? '' : `: ${detail}`}`;
  const place = role === undefined ? '' : `, in ${role}${version === undefined ? '' : ` version ${version}`}`;
  const state = snapshot === undefined ? '' : `, snapshot ${snapshot}`;
  return `event ${event} (position ${position}): ${result}${reason}${place}${state}`;
}
