// The data folder of a ledger that runs in one process.
//
//     ledger.json          the ledger's name and how it was opened; public
//     opening/             the opening record and the signatures over its drafts, as they stand in the log; public
//     opening/proposed     the name of the ledger whose opening keyholders are to sign, if it was proposed by a ceremony
//     keys/                private keys, mode 0600
//     publisher.token      the token with which an index backend appends, mode 0600
//     tokens.json          hashes of all tokens, with their permissions
//     signer/              the signer's memory and fold
//     repository/          the TUF repository, derived
//     postgres/            the embedded log and the projections; of these only the log can't be derived

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LedgerOpened } from '#ledger';
import { isHex } from '#tuf';
import { HostError } from './errors.js';

/** What every service of a ledger is configured with. */
export interface LedgerFile {
  /** The ledger's name: SHA-256 (hex) of its opening record's payload. */
  readonly ledger: string;
  readonly opened: LedgerOpened;
}

/** The paths in a data folder. */
export class LedgerFolder {
  readonly path: string;
  readonly ledgerFile: string;
  readonly openingFile: string;
  readonly signaturesFile: string;
  readonly proposedFile: string;
  readonly tokenFile: string;
  readonly tokensFile: string;
  readonly signer: string;
  readonly repository: string;
  readonly keys: string;

  constructor(path: string) {
    this.path = path;
    this.ledgerFile = join(path, 'ledger.json');
    this.openingFile = join(path, 'opening', 'opening.dsse');
    this.signaturesFile = join(path, 'opening', 'signatures.dsse');
    this.proposedFile = join(path, 'opening', 'proposed');
    this.tokenFile = join(path, 'publisher.token');
    this.tokensFile = join(path, 'tokens.json');
    this.signer = join(path, 'signer');
    this.repository = join(path, 'repository');
    this.keys = join(path, 'keys');
  }

  /** The file of a key by its purpose, e.g. `root`. */
  keyFile(purpose: string): string {
    return keyFile(this.keys, purpose);
  }

  /** The ledger of this folder, or undefined where none was opened in it. */
  async read(): Promise<LedgerFile | undefined> {
    try {
      return JSON.parse(await readFile(this.ledgerFile, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new HostError(
        'config-invalid',
        `${this.ledgerFile} can't be read: ${(error as Error).message}.`,
        { cause: error },
      );
    }
  }
}

/** The file of a key in a folder of keys. */
export function keyFile(keys: string, purpose: string): string {
  return join(keys, `${purpose}.pem`);
}

/** What the text of a `ledger.json` says; undefined where it is none. */
export function parseLedgerFile(text: string): LedgerFile | undefined {
  try {
    const { ledger, opened } = JSON.parse(text) as Partial<LedgerFile>;
    const isLedger = typeof ledger === 'string' && isHex(ledger, 32) && opened?.type === 'ledger.opened';
    return isLedger ? { ledger, opened } : undefined;
  } catch {
    return undefined;
  }
}

/** Writes a file so that it is there whole or not at all. `mode` is the file's, e.g. 0o600. */
export async function writeWhole(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const temporary = `${path}.new`;
    await writeFile(temporary, content, { mode, flush: true });
    await rename(temporary, path);
  } catch (error) {
    throw new HostError('data-folder-unwritable', `${path} can't be written: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}
