// `tuf-ledger enroll`: lets a key append records by itself, straight to the log or through a gateway.

import type { Command } from 'commander';
import { decodeEvent, eventJson, type Permissions, type PublisherEnrolled } from '#ledger';
import { nativeCrypto } from '#signing';
import { keyid } from '#tuf';
import {
  type AdministratorOptions,
  administrate,
  collected,
  withAdministratorOptions,
} from '../administration.js';
import type { Environment } from '../environment.js';
import { CliError } from '../errors.js';
import { readPublicKey } from '../key-files.js';

interface EnrollOptions extends AdministratorOptions {
  readonly index: readonly string[];
  readonly cut?: true;
  readonly delegate?: true;
}

export function registerEnroll(program: Command, environment: Environment): void {
  withAdministratorOptions(program.command('enroll'))
    .description("enrol a publisher's key with these permissions, in place of those that it had")
    .argument('<key>', 'a file with the key in PEM; of a private one the public part is taken')
    .option(
      '--index <pattern>',
      "projects whose files it may tell of, as often as needed: '*' for all, or such as 'demo-*'",
      collected,
      [],
    )
    .option('--cut', 'it may cut states, as the scheduler does')
    .option('--delegate', 'it may delegate roles')
    .action(async (file: string, options: EnrollOptions) => {
      const event = await enrolmentOf(file, options);
      await administrate(event, keyid(event.key, nativeCrypto), options, environment);
    });
}

async function enrolmentOf(file: string, options: EnrollOptions): Promise<PublisherEnrolled> {
  const permissions = permissionsOf(options);
  const event: PublisherEnrolled = {
    type: 'publisher.enrolled',
    key: await readPublicKey(file),
    permissions,
  };
  const decoded = decodeEvent(eventJson(event));
  if (!('rejection' in decoded)) return event;
  throw new CliError(
    'arguments-invalid',
    `The permissions are not well-formed: ${decoded.rejection.detail}.`,
    "A pattern is of [a-z0-9*-], such as 'demo' or 'demo-*'.",
  );
}

function permissionsOf({ index, cut, delegate }: EnrollOptions): Permissions {
  if (index.length === 0 && !cut && !delegate) {
    throw new CliError(
      'arguments-invalid',
      'A publisher needs a permission.',
      "Give --index '*' or a project's name, --cut or --delegate.",
    );
  }
  return { ...(index.length > 0 && { index }), ...(delegate && { delegate }), ...(cut && { cut }) };
}
