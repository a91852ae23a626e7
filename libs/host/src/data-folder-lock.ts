/**
 * The lock of the data folder: the file `lock` in it, holding the id of the process that uses the folder and when
 * that process began. It holds between processes that see each other: two containers must not share a data folder.
 */

import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { HostError } from './errors.js';
import { birthOf, messageOf, unless } from './system.js';

const LOCK_TRIES = 5;
const RETRY_PAUSE_MS = 300;

/** Locks the folder for this process; returns what unlocks it. A lock whose process is gone is taken over. */
export async function lockDataFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'lock');
  let held = '';
  try {
    const mine = `${process.pid} ${await birthOf(process.pid)}\n`;
    await mkdir(folder, { recursive: true });
    for (let tries = 1; tries <= LOCK_TRIES; tries++) {
      if (await createFile(path, mine)) return () => rm(path, { force: true });
      held = (await readFile(path, 'utf8').catch(unless('ENOENT'))) ?? '';
      if (await isHeld(held)) break;
      // Empty: just made and not yet written, unless it stays so.
      if (held === '' && tries < LOCK_TRIES - 1) await pause(RETRY_PAUSE_MS);
      else await takeAway(path, held);
    }
  } catch (error) {
    throw unwritable(folder, error);
  }
  throw new HostError('data-folder-in-use', `Process ${held.split(' ')[0]} uses the data folder ${folder}.`);
}

async function isHeld(lock: string): Promise<boolean> {
  const [, pid, birth] = /^(\d+) (.+)\n$/.exec(lock) ?? [];
  return pid !== undefined && (await birthOf(Number(pid))) === birth;
}

/** Removes a stale lock, unless another process has replaced it meanwhile. */
async function takeAway(path: string, stale: string): Promise<void> {
  const aside = `${path}.${process.pid}`;
  await rename(path, aside).catch(unless('ENOENT'));
  const taken = await readFile(aside, 'utf8').catch(unless('ENOENT'));
  if (taken !== undefined && taken !== stale) await createFile(path, taken);
  await rm(aside, { force: true });
}

/** Creates the file with this text. False if there is one already. */
async function createFile(path: string, text: string): Promise<boolean> {
  const write = writeFile(path, text, { flag: 'wx' }).then(() => true);
  return (await write.catch(unless('EEXIST'))) ?? false;
}

/** The data folder can not be used: what the system said. */
export function unwritable(folder: string, error: unknown): HostError {
  return new HostError(
    'data-folder-unwritable',
    `The data folder ${folder} can't be used: ${messageOf(error)}.`,
    {
      cause: error,
    },
  );
}
