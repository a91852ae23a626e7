// `tuf-ledger keys`: makes and shows keys, on any machine; nothing is asked of a server.

import { createPublicKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { createKeyFile, KEY_KINDS, type KeyKind, nativeCrypto } from '#signing';
import { type Key, keyid } from '#tuf';
import { type Environment, print, printJson } from '../environment.js';
import { CliError } from '../errors.js';
import { asCliErrors, readPublicKey } from '../key-files.js';
import { newPassphrase } from '../passphrase.js';

interface CreateOptions {
  readonly kind: KeyKind;
  /** False for --no-passphrase. */
  readonly passphrase: boolean;
  readonly passphraseFile?: string;
  readonly json?: true;
}

export function registerKeys(program: Command, environment: Environment): void {
  const keys = program
    .command('keys')
    .description('make and show the keys of roles, administrators and publishers');
  keys
    .command('create')
    .description('make a key: FILE keeps the private part, FILE.pub is the public part, which goes to others')
    .argument('<file>', 'where to keep it; never overwritten')
    .addOption(new Option('--kind <kind>', 'what TUF calls its scheme').choices(KEY_KINDS).default('ed25519'))
    .option(
      '--passphrase-file <file>',
      'the file that holds its passphrase (default: TUF_LEDGER_PASSPHRASE, or it is asked for)',
    )
    .option('--no-passphrase', 'keep it unencrypted, as services need their own')
    .option('--json', 'print the result as JSON')
    .action((file: string, options: CreateOptions) => create(file, options, environment));
  keys
    .command('show')
    .description('show the keyid and kind of a key, by its public part or an unencrypted private one')
    .argument('<file>', 'PEM')
    .option('--json', 'print the result as JSON')
    .action(async (file: string, { json }: { json?: true }) =>
      show(await readPublicKey(file), json, environment),
    );
}

async function create(file: string, options: CreateOptions, environment: Environment): Promise<void> {
  const passphrase = options.passphrase ? await newPassphrase(file, options, environment) : undefined;
  if (options.passphrase && !passphrase) {
    throw new CliError(
      'arguments-invalid',
      'A key that is kept in a drawer needs a passphrase, and none was given.',
      'Give one at the terminal, by --passphrase-file or in TUF_LEDGER_PASSPHRASE; --no-passphrase leaves it out.',
    );
  }
  const { kind } = options;
  const { key } = await asCliErrors(() => createKeyFile(file, { kind, ...(passphrase && { passphrase }) }));
  await writePublic(`${file}.pub`, key);
  if (!options.json)
    print(
      environment,
      `Private part: ${file} (mode 0600${passphrase ? ', encrypted' : ', NOT encrypted'})`,
      `Public part:  ${file}.pub`,
    );
  show(key, options.json, environment);
}

async function writePublic(path: string, key: Key): Promise<void> {
  try {
    await writeFile(path, publicPem(key), { flag: 'wx' });
  } catch (error) {
    throw new CliError(
      'folder-unusable',
      `${path} can't be written: ${(error as Error).message}.`,
      'The private key was made; `openssl pkey -pubout` gives its public part.',
    );
  }
}

/** RFC 8410: an Ed25519 key stands as hex in metadata; the others stand as PEM. */
function publicPem({ scheme, keyval }: Key): string {
  if (scheme !== 'ed25519') return keyval.public;
  const x = Buffer.from(keyval.public, 'hex').toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    .export({ format: 'pem', type: 'spki' })
    .toString();
}

function show(key: Key, json: true | undefined, environment: Environment): void {
  const id = keyid(key, nativeCrypto);
  if (json) printJson(environment, { keyid: id, key });
  else print(environment, `Keyid:        ${id} (${key.scheme})`);
}
