// How far a long command is, on the standard error: a bar on a terminal, else a plain line now and then.

import cliProgress from 'cli-progress';
import type { Environment } from './environment.js';
import { number } from './wording.js';

/** Milliseconds between plain lines; a command that is faster prints none. */
const PLAIN_LINE_MS = 3_000;

export interface Progress {
  /** Says that `done` of the total are done. */
  update(done: number): void;
  /** Ends it, and takes a bar off the screen. */
  stop(): void;
}

/** Begins to show the progress of `total` things; `doing` says what happens to them: `sending events`. */
export function startProgress(environment: Environment, doing: string, total: number): Progress {
  return environment.stderr.isTTY ? bar(environment, doing, total) : plainLines(environment, doing, total);
}

function bar({ stderr }: Environment, doing: string, total: number): Progress {
  const format = `${doing} [{bar}] {value}/{total} | {duration_formatted}`;
  const shown = new cliProgress.SingleBar(
    // The cursor and the wrapping of lines stay as they are: an interrupted process could not give them back.
    { format, stream: stderr, barsize: 30, clearOnComplete: true, hideCursor: false, linewrap: true },
    cliProgress.Presets.legacy,
  );
  shown.start(total, 0);
  return { update: done => shown.update(done), stop: () => shown.stop() };
}

function plainLines({ stderr, now }: Environment, doing: string, total: number): Progress {
  let last = now();
  return {
    update: done => {
      if (now() - last < PLAIN_LINE_MS) return;
      last = now();
      stderr.write(`${doing}: ${number(done)} of ${number(total)}\n`);
    },
    stop: () => {},
  };
}
