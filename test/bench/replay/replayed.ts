// Pure replay of a log file: the folds over its values, in a process of its own.

import { execFile } from 'node:child_process';
import { totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROGRAM = fileURLToPath(new URL('./replay-process.js', import.meta.url));
const MIB = 1024 * 1024;
/** The part of the machine's memory that a replay may take; Node's own bound may be lower. */
const MEMORY_SHARE = 0.6;

/** What a replay tells: it folded so many events of so many records in `ms`, reading the file not counted. */
export interface Replayed {
  readonly events: number;
  readonly records: number;
  readonly ms: number;
  readonly rootHash: string;
  /** Peak memory of its process. */
  readonly mib: number;
}

/** @param signal ends the process early. */
export async function replayFile(ledger: string, path: string, signal: AbortSignal): Promise<Replayed> {
  const heap = `--max-old-space-size=${Math.floor((totalmem() / MIB) * MEMORY_SHARE)}`;
  const { stdout } = await promisify(execFile)(process.execPath, [heap, PROGRAM, ledger, path], { signal });
  return JSON.parse(stdout) as Replayed;
}
