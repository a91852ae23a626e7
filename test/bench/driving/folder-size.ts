import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const MIB = 1024 * 1024;
/** The unit of `blocks` (POSIX stat), whatever the file system's own is. */
const BLOCK_BYTES = 512;

/** Mebibytes that the files below a folder of a data folder take on the disk; those that vanish while this looks count nothing. */
export async function folderMiB(dataFolder: string, name: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(join(dataFolder, name), { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += await bytesOf(join(entry.parentPath, entry.name));
  }
  return bytes / MIB;
}

function bytesOf(path: string): Promise<number> {
  return stat(path).then(
    ({ blocks }) => blocks * BLOCK_BYTES,
    () => 0,
  );
}
