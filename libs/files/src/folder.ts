import nodeFileSystem from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { type FilesError, readError, writeError } from './errors.js';
import { type FileEntry, type Files, isSafeName, requireSafeName, type WriteOptions } from './files.js';

/** How many files `writeAll` has open at once. */
const WRITES_AT_ONCE = 16;

/** Where files are while they are written: on the same disk, and under a name that no file can have. */
const WRITING = '.writing';

/** What FolderFiles uses of `node:fs/promises`. */
export type FileSystem = Pick<
  typeof nodeFileSystem,
  'mkdir' | 'open' | 'readFile' | 'readdir' | 'rename' | 'rm' | 'unlink'
>;

/**
 * A metadata store in a folder: what `files.ts` promises, by writing beside and renaming. Names are paths below the
 * folder, so any web server can serve it; files and folders in it that are not of the store are left alone.
 */
export class FolderFiles implements Files {
  readonly #folder: string;
  readonly #fs: FileSystem;
  #written = 0;

  private constructor(folder: string, fs: FileSystem) {
    this.#folder = folder;
    this.#fs = fs;
  }

  /**
   * Opens the folder for this process alone, makes it if it is missing, and removes what a killed writer left half
   * written. Rejects with a `FilesError` if nothing can be written there.
   */
  static async open(folder: string, fs: FileSystem = nodeFileSystem): Promise<FolderFiles> {
    const files = new FolderFiles(resolve(folder), fs);
    const writing = join(files.#folder, WRITING);
    try {
      await fs.rm(writing, { recursive: true, force: true });
      await fs.mkdir(writing, { recursive: true });
    } catch (error) {
      throw writeError(files.#folder, error);
    }
    return files;
  }

  async write(name: string, bytes: Uint8Array, options?: WriteOptions): Promise<void> {
    await this.writeAll([{ name, bytes }], options);
  }

  async writeAll(entries: readonly FileEntry[], { durable = false }: WriteOptions = {}): Promise<void> {
    for (const { name } of entries) requireSafeName(name);
    const queue = entries.values();
    let failure: FilesError | undefined;
    const writer = async () => {
      for (const entry of queue) {
        if (failure !== undefined) return;
        await this.#place(entry, durable).catch(error => {
          failure ??= writeError(this.#path(entry.name), error);
        });
      }
    };
    await Promise.all(Array.from({ length: Math.min(WRITES_AT_ONCE, entries.length) }, writer));
    if (failure !== undefined) throw failure;
    if (durable) await this.#syncFolders(entries);
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    requireSafeName(name);
    const path = this.#path(name);
    try {
      const { buffer, byteOffset, byteLength } = await this.#fs.readFile(path);
      return new Uint8Array(buffer, byteOffset, byteLength);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw readError(path, error);
    }
  }

  async list(prefix: string): Promise<string[]> {
    const folderName = prefix.slice(0, Math.max(0, prefix.lastIndexOf('/')));
    if (folderName !== '' && !isSafeName(folderName)) return [];
    const top = this.#path(folderName);
    try {
      const found = await this.#fs.readdir(top, { recursive: true, withFileTypes: true });
      return found
        .filter(entry => entry.isFile())
        .map(entry => relative(this.#folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
        .filter(name => name.startsWith(prefix) && isSafeName(name))
        .sort();
    } catch (error) {
      // A folder that vanished below says nothing about the others.
      if (isAbsent(error) && (error as NodeJS.ErrnoException).path === top) return [];
      throw readError(top, error);
    }
  }

  async remove(name: string): Promise<void> {
    requireSafeName(name);
    const path = this.#path(name);
    try {
      await this.#fs.unlink(path);
    } catch (error) {
      if (!isAbsent(error)) throw writeError(path, error);
    }
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  /** Writes beside, then renames: the name has the old bytes or the new. */
  async #place({ name, bytes }: FileEntry, durable: boolean): Promise<void> {
    const beside = join(this.#folder, WRITING, String(this.#written++));
    const path = this.#path(name);
    try {
      const file = await this.#inFolderOf(beside, () => this.#fs.open(beside, 'w'));
      try {
        await file.writeFile(bytes);
        if (durable) await file.sync();
      } finally {
        await file.close();
      }
      await this.#inFolderOf(path, () => this.#fs.rename(beside, path));
    } catch (error) {
      await this.#fs.rm(beside, { force: true }).catch(() => {});
      throw error;
    }
  }

  /** Does what needs the path's folder, and makes that folder if it turns out to be missing. */
  async #inFolderOf<Result>(path: string, act: () => Promise<Result>): Promise<Result> {
    try {
      return await act();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await this.#fs.mkdir(dirname(path), { recursive: true });
      return act();
    }
  }

  /** Makes the names durable: a file's own `sync` does not reach the folders that hold its name. */
  async #syncFolders(entries: readonly FileEntry[]): Promise<void> {
    const folders = new Set([this.#folder]);
    for (const { name } of entries) {
      for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) {
        folders.add(this.#path(name.slice(0, at)));
      }
    }
    for (const path of folders) {
      try {
        const folder = await this.#fs.open(path, 'r');
        await folder.sync().finally(() => folder.close());
      } catch (error) {
        throw writeError(path, error);
      }
    }
  }
}

/** No such file, or the name is a folder's, or leads through a file. */
function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}
