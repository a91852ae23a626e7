// The options of every command that talks to a server.

import type { Command } from 'commander';
import type { Environment } from './environment.js';
import { DEFAULT_SERVER, Gateway } from './gateway.js';
import { findToken } from './token.js';

export interface ServerOptions {
  readonly server: string;
  readonly json?: true;
}

export interface TokenOptions extends ServerOptions {
  readonly tokenFile?: string;
}

export interface AppendOptions extends TokenOptions {
  readonly wait: boolean;
}

/** Adds --server and --json. */
export function withServerOptions(command: Command): Command {
  return command
    .option('--server <url>', 'the gateway to talk to', DEFAULT_SERVER)
    .option('--json', 'print the result as JSON');
}

/** Adds --server, --json and --token-file. */
export function withTokenOptions(command: Command): Command {
  return withServerOptions(command).option(
    '--token-file <file>',
    "the file that holds the token (default: TUF_LEDGER_TOKEN, or the data folder's publisher.token)",
  );
}

/** Adds --server, --json, --token-file, --wait and --no-wait. */
export function withAppendOptions(command: Command): Command {
  return withTokenOptions(command)
    .option('--wait', 'wait until it is published (the default)', true)
    .option('--no-wait', 'stop when the ledger holds it, published or not');
}

/** The gateway that the options name, with a token to append by. */
export async function gatewayToAppend(options: TokenOptions, environment: Environment): Promise<Gateway> {
  return new Gateway(options.server, environment, await findToken(environment, options.tokenFile));
}
