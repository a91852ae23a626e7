// The demo import: 10,041 files and 179 yanks of real index pages, from the first request to published.

import { Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { ExitCode } from '#apps/cli/src/exit-code';
import { run } from '#apps/cli/src/main';
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
  const said: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      said.push(String(chunk));
      done();
    },
  });
  const environment = {
    stdin: process.stdin,
    stdout: sink,
    stderr: sink,
    variables: { TUF_LEDGER_TOKEN: token },
    now: Date.now,
    sleep: (ms: number) => wait(ms),
    exitCode: ExitCode.ok as ExitCode,
  };
  let code: ExitCode = ExitCode.ok;
  const ms = await timed(async () => {
    code = await run(['import', PAGES, '--server', url], environment);
  });
  if (code !== ExitCode.ok) throw new Error(`The import ended with ${code}: ${said.join('')}`);
  const limitMs = RECORDS * limits.largeAppend + RECORDS * READERS * limits.verify + EVENTS * limits.row;
  const limit = `${Math.ceil(RECORDS)} appends of full records, their verification by ${READERS} readers, ${EVENTS} rows inserted in bulk`;
  return { name: 'demo import, 10,220 events to published', ms, limitMs, limit };
}
