// `tuf-ledger administer`: what only administrators may say, in one record: another policy, a clock set right, released paths, their own
// successors.

import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { decodeEvent, eventJson, type RawEvent } from '#ledger';
import { type AdministratorOptions, sayAll, withAdministratorOptions } from '../administration.js';
import { type Environment, print, printJson } from '../environment.js';
import { CliError } from '../errors.js';
import { readEvents } from '../event-list.js';
import { ExitCode } from '../exit-code.js';

export function registerAdminister(program: Command, environment: Environment): void {
  withAdministratorOptions(program.command('administer'))
    .description(
      "append events that need the administrators' threshold: policy.changed, clock.set, path.released, key.rotated of administrators",
    )
    .argument('<events>', 'a file with a JSON array of events, one event, or JSON lines')
    .action((file: string, options: AdministratorOptions) => administer(file, options, environment));
}

async function administer(
  file: string,
  options: AdministratorOptions,
  environment: Environment,
): Promise<void> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new CliError('source-missing', `${file} can't be read: ${error.message}.`, 'Correct the path.');
  });
  const events = readEvents(text, file).map((event, index) => wellFormed(event, index, file));
  const { position, outcomes } = await sayAll(events, options, environment);
  if (options.json) {
    printJson(environment, { position, outcomes: outcomes ?? null });
  } else {
    for (const [index, { type }] of events.entries()) {
      const { result, code, detail } = outcomes?.find(({ event }) => event === index) ?? {};
      const what = result === 'rejected' ? `rejected: ${code}: ${detail}` : (result ?? 'not decided yet');
      print(environment, `${type} (position ${position}): ${what}`);
    }
  }
  if (outcomes?.length !== events.length) environment.exitCode = ExitCode.pending;
  if (outcomes?.some(({ result }) => result === 'rejected')) environment.exitCode = ExitCode.refused;
}

/** A malformed event would be rejected in the log for all to see; here it costs nothing. */
function wellFormed(raw: RawEvent, index: number, file: string): RawEvent {
  const event = decodeEvent(raw);
  if (!('rejection' in event)) return eventJson(event);
  throw new CliError(
    'events-malformed',
    `${file}, event ${index}: ${event.rejection.detail}.`,
    'Correct it; nothing was appended.',
  );
}
