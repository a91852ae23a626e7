import nodeFileSystem from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { readError, writeError } from './errors.js';
import { type FileEntry, type Files, isSafeName, requireSafeName, type WriteOptions } from './files.js';
import { Placing, type PlacingSystem, placingSystem } from './placing.js';

/** How many files `writeAll` writes before the process may do something else: about a millisecond's worth. */
const FILES_PER_TURN = 16;

/** Where files are while they are written: on the same disk, and under a name that no file can have. */
const WRITING = '.writing';

/** What FolderFiles uses of `node:fs/promises`, and to write of `node:fs`. */
export interface FileSystem {
  readonly reading: Pick<typeof nodeFileSystem, 'mkdir' | 'open' | 'readFile' | 'readdir' | 'rm' | 'unlink'>;
  readonly placing: PlacingSystem;
}

const MACHINE: FileSystem = { reading: nodeFileSystem, placing: placingSystem };

/**
 * A metadata store in a folder: what `files.ts` promises, by writing beside and renaming. Names are paths below the
 * folder, so any web server can serve it; files and folders in it that are not of the store are left alone.
 */
export class FolderFiles implements Files {
  readonly #folder: string;
  readonly #fs: FileSystem['reading'];
  readonly #placing: Placing;

  private constructor(folder: string, { reading, placing }: FileSystem) {
    this.#folder = folder;
    this.#fs = reading;
    this.#placing = new Placing(join(folder, WRITING), placing);
  }

  /**
   * Opens the folder for this process alone, makes it if it is missing, and removes what a killed writer left half
   * written. Rejects with a `FilesError` if nothing can be written there.
   */
  static async open(folder: string, system: FileSystem = MACHINE): Promise<FolderFiles> {
    const files = new FolderFiles(resolve(folder), system);
    const writing = join(files.#folder, WRITING);
    try {
      await system.reading.rm(writing, { recursive: true, force: true });
      await system.reading.mkdir(writing, { recursive: true });
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
    let turn = 0;
    for (const entry of entries) {
      if (++turn % FILES_PER_TURN === 0) await new Promise(resolve => setImmediate(resolve));
      const path = this.#path(entry.name);
      try {
        this.#placing.place(path, entry.bytes, durable);
      } catch (error) {
        throw writeError(path, error);
      }
    }
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
