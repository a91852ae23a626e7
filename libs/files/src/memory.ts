import { FilesError } from './errors.js';
import { type FileEntry, type Files, requireSafeName, type WriteOptions } from './files.js';

/**
 * What befalls one write: it fails with nothing done (`fail before`), or is done and fails all the same (`fail
 * after`). A torn file is none: no adapter may ever show one.
 */
export type WriteFault = 'fail before' | 'fail after';

/**
 * A metadata store in memory, for tests: promises what `files.ts` says, except that it ends with the process.
 * Faults are scripted by the test and used up from the front, one a file; `undefined` lets one pass.
 */
export class MemoryFiles implements Files {
  readonly #files = new Map<string, Uint8Array>();
  readonly #faults: (WriteFault | undefined)[];

  constructor(faults: (WriteFault | undefined)[] = []) {
    this.#faults = faults;
  }

  async write(name: string, bytes: Uint8Array, _options?: WriteOptions): Promise<void> {
    requireSafeName(name);
    const fault = this.#faults.shift();
    if (fault !== 'fail before') this.#files.set(name, bytes.slice());
    if (fault === undefined) return;
    throw new FilesError('file-unavailable', `The scripted fault of writing ${name} is "${fault}".`);
  }

  async writeAll(entries: readonly FileEntry[], options?: WriteOptions): Promise<void> {
    for (const { name } of entries) requireSafeName(name);
    for (const { name, bytes } of entries) await this.write(name, bytes, options);
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    requireSafeName(name);
    return this.#files.get(name)?.slice();
  }

  async list(prefix: string): Promise<string[]> {
    return [...this.#files.keys()].filter(name => name.startsWith(prefix)).sort();
  }

  async remove(name: string): Promise<void> {
    requireSafeName(name);
    this.#files.delete(name);
  }
}
