// The program `tuf-ledger`: one file per command, each of which adds itself. tools/tuf-ledger.mjs runs it.

import { Command, CommanderError } from 'commander';
import { registerAdminister } from './commands/administer.js';
import { registerEnroll } from './commands/enroll.js';
import { registerImport } from './commands/import.js';
import { registerKeys } from './commands/keys.js';
import { registerOpen } from './commands/open.js';
import { registerReplay } from './commands/replay.js';
import { registerRevoke } from './commands/revoke.js';
import { registerRoot } from './commands/root.js';
import { registerStatus } from './commands/status.js';
import { registerSubmit } from './commands/submit.js';
import { type Environment, printJson } from './environment.js';
import { CliError } from './errors.js';
import { ExitCode } from './exit-code.js';

const COMMANDS = [
  registerOpen,
  registerImport,
  registerSubmit,
  registerStatus,
  registerReplay,
  registerKeys,
  registerRoot,
  registerEnroll,
  registerRevoke,
  registerAdminister,
];

const EXIT_CODES = `
Exit codes: 0 done, 1 something was refused, 2 wrong usage, 3 server unreachable, 4 not permitted, 5 bad input,
6 not published or not ready yet, 7 server failed.`;

/** Runs the command line `args` (without node and script) and gives its exit code. Never throws. */
export async function run(args: readonly string[], environment: Environment): Promise<ExitCode> {
  try {
    await programOf(environment).parseAsync(args, { from: 'user' });
    return environment.exitCode;
  } catch (error) {
    return failure(error, args.includes('--json'), environment);
  }
}

function programOf(environment: Environment): Command {
  const program = new Command('tuf-ledger')
    .description('Feed a tuf-ledger repository and look after it.')
    .addHelpText('after', EXIT_CODES)
    .showHelpAfterError('Add --help for the arguments and options.')
    .exitOverride()
    .configureOutput({
      writeOut: text => environment.stdout.write(text),
      writeErr: text => environment.stderr.write(text),
    });
  for (const register of COMMANDS) register(program, environment);
  return program;
}

function failure(error: unknown, json: boolean, environment: Environment): ExitCode {
  // Commander has said what is wrong already; help that was asked for comes this way too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  if (!(error instanceof CliError)) {
    const trace = error instanceof Error ? error.stack : String(error);
    environment.stderr.write(`A fault of this program, please report it: ${trace}\n`);
    return ExitCode.internal;
  }
  if (json) printJson(environment, { error: { code: error.code, message: error.message } });
  environment.stderr.write(`tuf-ledger: ${error.message}\n`);
  return error.exit;
}
