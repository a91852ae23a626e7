// A log of made files for the replay: an opening, then uploads in records of one size, and no states. So it shows what records
// of that size cost, with nothing else beside them.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_POLICY, LedgerFolder, loadServiceKeys, openLedgerFolder, sealRecord } from '#host';
import type { RawEvent } from '#ledger';
import { nativeCrypto } from '#signing';
import { type MadeFile, take } from '../driving/made-files.js';
import { LogFile } from './log-file.js';

const STREAM = 'main';

export interface MadeLog {
  readonly ledger: string;
  readonly file: LogFile;
}

/** Writes such a log into an empty folder. */
export async function makeLog(
  path: string,
  bins: number,
  files: Iterator<MadeFile, never>,
  count: { readonly events: number; readonly perRecord: number },
): Promise<MadeLog> {
  const folder = new LedgerFolder(path);
  const choice = {
    origin: 'bench.invalid/made',
    bins: { scheme: 'succinct', count: bins },
    pathRule: 'project-file',
    policy: DEFAULT_POLICY,
  } as const;
  const { ledger } = await openLedgerFolder(folder, choice, nativeCrypto, Date.now());
  const { gateway } = await loadServiceKeys(folder);
  const values = async function* () {
    yield await readFile(folder.openingFile);
    yield await readFile(folder.signaturesFile);
    for (let seq = 1; (seq - 1) * count.perRecord < count.events; seq++) {
      const events = take(files, count.perRecord).map(({ event }) => JSON.parse(event) as RawEvent);
      yield await sealRecord({ key: gateway, stream: STREAM }, { ledger, seq, v: 1 }, events);
    }
  };
  return { ledger, file: await LogFile.write(join(path, 'log'), values()) };
}
