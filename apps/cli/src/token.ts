// The bearer token for appending. Looked for in --token-file, TUF_LEDGER_TOKEN, then the data folder's publisher.token.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from './environment.js';
import { CliError } from './errors.js';

const TOKEN_FORM = /^[\u0021-\u007e]+$/;

/** @throws CliError `token-missing`, `token-invalid`. */
export async function findToken(environment: Environment, tokenFile: string | undefined): Promise<string> {
  const { TUF_LEDGER_TOKEN: given, TUF_LEDGER_DATA: data = 'data' } = environment.variables;
  if (tokenFile === undefined && given) return checked(given, 'TUF_LEDGER_TOKEN');
  const file = tokenFile ?? join(data, 'publisher.token');
  try {
    return checked(await readFile(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(
      'token-missing',
      `No token: ${file} can't be read (${(error as NodeJS.ErrnoException).code}).`,
      "Run this where the server's data folder is, set TUF_LEDGER_DATA to that folder, or give --token-file.",
      { cause: error },
    );
  }
}

function checked(text: string, source: string): string {
  const token = text.trim();
  if (TOKEN_FORM.test(token)) return token;
  throw new CliError(
    'token-invalid',
    `${source} holds no token.`,
    'It must be one line of visible ASCII, as the server wrote it.',
  );
}
