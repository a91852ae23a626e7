// The ledger that holds all files of the import: filled once, then measured further by several lines.

import { join } from 'node:path';
import { LogFile } from '../replay/log-file.js';
import { grouped } from '../report/figure.js';
import type { LedgerClient } from './ledger-client.js';
import type { MadeFile } from './made-files.js';
import type { MeasuredLedger, Opened } from './measured-ledger.js';
import { postFiles } from './posting.js';
import { MemoryWatch, type Peaks } from './process-memory.js';

/** How often progress is told: after so many files. */
const PROGRESS_FILES = 100_000;

interface ImportParts<L extends MeasuredLedger> {
  readonly ledger: L;
  readonly client: LedgerClient;
  /** The made files that come after those of the import. */
  readonly further: Generator<MadeFile, never>;
  readonly watch: MemoryWatch;
  /** Peaks when nothing was there yet. */
  readonly atOpening: Peaks;
  /** Milliseconds from the first request to the served state that covers the last; the records and states that it took. */
  readonly took: { readonly ms: number; readonly records: number; readonly states: number };
}

export class Imported<L extends MeasuredLedger = MeasuredLedger> {
  private logFile: Promise<LogFile> | undefined;

  constructor(readonly parts: ImportParts<L>) {}

  /** The ledger's log as a file, read once. */
  log(folder: () => Promise<string>): Promise<LogFile> {
    this.logFile ??= folder().then(path => LogFile.read(this.parts.client, join(path, 'log')));
    return this.logFile;
  }
}

/** What is imported, and who is told. */
interface Import {
  readonly files: Generator<MadeFile, never>;
  readonly count: number;
  readonly say: (text: string) => void;
}

/** Imports files into an empty ledger, which is stopped where that fails. */
export async function importFiles<L extends MeasuredLedger>(
  { ledger, client }: Opened<L>,
  what: Import,
): Promise<Imported<L>> {
  const watch = new MemoryWatch(ledger.pid);
  try {
    const atOpening = await watch.peaks();
    const took = await timeImport(client, what);
    return new Imported({ ledger, client, further: what.files, watch, atOpening, took });
  } catch (error) {
    watch.stop();
    const explained = await ledger.explain(error);
    await ledger.stop();
    throw explained;
  }
}

async function timeImport(
  client: LedgerClient,
  { files, count, say }: Import,
): Promise<ImportParts<MeasuredLedger>['took']> {
  const before = await client.reached(1);
  say(`importing ${grouped(count)} files`);
  const began = performance.now();
  const { records, last } = await postFiles(client, files, count, posted => {
    if (posted % PROGRESS_FILES === 0) say(`  ${grouped(posted)} files after ${seconds(began)}`);
  });
  say(`  all are in the log after ${seconds(began)}`);
  const states = (await client.covered(last)) - before;
  return { ms: performance.now() - began, records, states };
}

function seconds(began: number): string {
  return `${((performance.now() - began) / 1000).toFixed(1)} s`;
}
