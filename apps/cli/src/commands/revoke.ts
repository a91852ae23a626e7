// `tuf-ledger revoke`: what a key says from now on is noise. What it said before stays.

import { type Command, InvalidArgumentError } from 'commander';
import { isHex } from '#tuf';
import { type AdministratorOptions, administrate, withAdministratorOptions } from '../administration.js';
import type { Environment } from '../environment.js';

export function registerRevoke(program: Command, environment: Environment): void {
  withAdministratorOptions(program.command('revoke'))
    .description("revoke a publisher's key")
    .argument('<keyid>', 'the keyid, 64 hex digits, as `tuf-ledger enroll` printed it', keyidOf)
    .action((keyid: string, options: AdministratorOptions) =>
      administrate({ type: 'publisher.revoked', keyid }, keyid, options, environment),
    );
}

function keyidOf(text: string): string {
  if (isHex(text, 32)) return text;
  throw new InvalidArgumentError('It is 64 lower-case hex digits.');
}
