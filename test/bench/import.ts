// The demo import: 10,041 files and 179 yanks of real index pages, from the first request to published.

import { ExitCode } from '#apps/cli/src/exit-code';
import { tufLedger } from '../fixtures/command-line.js';
import type { Figure } from './figure.js';
import type { Limits } from './limits.js';
import { timed } from './measure.js';
import type { Server } from './upload.js';

const PAGES = 'test/data/pep691';
const EVENTS = 10_220;
/** About 100 events fit a record. */
const RECORDS = EVENTS / 100;
const READERS = 6;

export async function measureImport({ url, token }: Server, limits: Limits): Promise<Figure> {
  let result = { code: ExitCode.ok as ExitCode, said: '' };
  const ms = await timed(async () => {
    result = await tufLedger(['import', PAGES, '--server', url], { TUF_LEDGER_TOKEN: token });
  });
  if (result.code !== ExitCode.ok) throw new Error(`The import ended with ${result.code}: ${result.said}`);
  const limitMs = RECORDS * limits.largeAppend + RECORDS * READERS * limits.verify + EVENTS * limits.row;
  const limit = `${Math.ceil(RECORDS)} appends of full records, their verification by ${READERS} readers, ${EVENTS} rows inserted in bulk`;
  return { name: 'demo import, 10,220 events to published', ms, limitMs, limit };
}
