// Keys in files that the command line is given.

import { loadKeyFile, loadPublicKeyFile, SigningError, type SigningKey } from '#signing';
import type { Key } from '#tuf';
import type { Environment } from './environment.js';
import { CliError } from './errors.js';
import { passphraseFor } from './passphrase.js';

/** The public key of a file, PEM. Of a private one only the public part is taken. @throws CliError `key-unusable`. */
export async function readPublicKey(file: string): Promise<Key> {
  return asCliErrors(() => loadPublicKeyFile(file));
}

/** The private key of a file, to sign with; its passphrase is asked for where it has one. @throws CliError `key-unusable`. */
async function readPrivateKey(
  file: string,
  options: { passphraseFile?: string },
  environment: Environment,
): Promise<SigningKey> {
  return asCliErrors(async () => {
    try {
      return await loadKeyFile(file);
    } catch (error) {
      if (!(error instanceof SigningError) || error.code !== 'passphrase-needed') throw error;
      const passphrase = await passphraseFor(file, options, environment);
      if (passphrase === undefined) throw error;
      return await loadKeyFile(file, { passphrase });
    }
  });
}

/** Several of them, one after the other: two passphrases can't be asked for at once. */
export async function readPrivateKeys(
  files: readonly string[],
  options: { passphraseFile?: string },
  environment: Environment,
): Promise<SigningKey[]> {
  const keys: SigningKey[] = [];
  for (const file of files) keys.push(await readPrivateKey(file, options, environment));
  return keys;
}

/** Runs `work`; what is wrong with a key's file becomes a CliError. */
export async function asCliErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SigningError)) throw error;
    throw new CliError('key-unusable', `${error.message}.`, adviceFor(error), { cause: error });
  }
}

function adviceFor({ code }: SigningError): string {
  if (code === 'passphrase-needed' || code === 'passphrase-wrong')
    return 'A passphrase is given at the terminal, by --passphrase-file or in TUF_LEDGER_PASSPHRASE.';
  if (code === 'key-file-corrupt' || code === 'key-file-unsupported')
    return 'Keys are PEM files, such as `tuf-ledger keys create` makes, or `openssl genpkey`.';
  return 'Nothing was done.';
}
