// Passphrases of key files: from a file, from the environment, or asked for at a terminal, where it is not shown.

import { readFile } from 'node:fs/promises';
import { createInterface, type Interface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Environment } from './environment.js';
import { CliError } from './errors.js';

/** The passphrase for a key file; undefined where there is nobody to ask. */
export async function passphraseFor(
  path: string,
  options: { passphraseFile?: string },
  environment: Environment,
): Promise<string | undefined> {
  if (options.passphraseFile !== undefined) return passphraseOf(options.passphraseFile);
  return environment.variables.TUF_LEDGER_PASSPHRASE || (await ask(`Passphrase of ${path}: `, environment));
}

/** A new passphrase, which a person gives twice. */
export async function newPassphrase(
  path: string,
  options: { passphraseFile?: string },
  environment: Environment,
): Promise<string | undefined> {
  const given = await passphraseFor(`the new key ${path}`, options, environment);
  if (
    given === undefined ||
    options.passphraseFile !== undefined ||
    environment.variables.TUF_LEDGER_PASSPHRASE
  )
    return given;
  if ((await ask('The same again: ', environment)) === given) return given;
  throw new CliError(
    'arguments-invalid',
    'The two passphrases differ.',
    'No key was made; run the command again.',
  );
}

async function passphraseOf(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    throw new CliError(
      'source-missing',
      `${file} can't be read: ${(error as Error).message}.`,
      'Correct --passphrase-file.',
    );
  }
}

async function ask(question: string, environment: Environment): Promise<string | undefined> {
  if (!(environment.stdin as Partial<NodeJS.ReadStream>).isTTY) return undefined;
  environment.stderr.write(question);
  // What is typed is echoed to nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reading = createInterface({ input: environment.stdin, output: nowhere, terminal: true });
  try {
    return await answerOf(reading, '');
  } finally {
    reading.close();
    environment.stderr.write('\n');
  }
}

/** @throws CliError `not-confirmed` where it is not answered but left, by Ctrl-C or Ctrl-D. */
async function answerOf(reading: Interface, question: string): Promise<string> {
  const left = new Promise<never>((_, reject) => {
    reading.once('close', () =>
      reject(new CliError('not-confirmed', 'The question was not answered.', 'Nothing was done.')),
    );
  });
  const answered = reading.question(question);
  answered.catch(() => undefined);
  left.catch(() => undefined);
  return Promise.race([answered, left]);
}

/** Whether a person at the terminal agrees; undefined where there is none. */
export async function agrees(question: string, environment: Environment): Promise<boolean | undefined> {
  if (!(environment.stdin as Partial<NodeJS.ReadStream>).isTTY) return undefined;
  const reading = createInterface({ input: environment.stdin, output: environment.stderr });
  try {
    return /^y(es)?$/i.test((await answerOf(reading, question)).trim());
  } finally {
    reading.close();
  }
}
