// Files that travel between keyholders, as they are written: whole or not at all, and never over signatures that somebody has made.

import { lstat, readFile, rename, writeFile } from 'node:fs/promises';
import { CliError } from '../errors.js';

/** A file that is signed. */
export interface SignedFile {
  readonly signatures: readonly unknown[];
}

/** Writes over what is there. @throws CliError `folder-unusable`. */
export async function writeCeremonyFile(path: string, file: SignedFile): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found && !found.isFile())
    throw new CliError('folder-unusable', `${path} is no regular file.`, 'Give another path with --out.');
  try {
    await writeFile(`${path}.new`, `${JSON.stringify(file, null, 1)}\n`);
    await rename(`${path}.new`, path);
  } catch (error) {
    throw new CliError(
      'folder-unusable',
      `${path} can't be written: ${(error as Error).message}.`,
      'Give another path with --out.',
    );
  }
}

/** @throws CliError `would-overwrite` where the file at `path` bears signatures already. */
export async function requireUnsigned(path: string): Promise<void> {
  const count = await readFile(path, 'utf8').then(signatureCount, () => 0);
  if (count === 0) return;
  throw new CliError(
    'would-overwrite',
    `${path} bears ${count} signatures already, which would be lost.`,
    'Give another path with --out, or take that file away.',
  );
}

function signatureCount(text: string): number {
  try {
    const { signatures } = JSON.parse(text) as { signatures?: unknown };
    return Array.isArray(signatures) ? signatures.length : 0;
  } catch {
    return 0;
  }
}
