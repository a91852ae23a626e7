import fs from 'node:fs';
import { dirname, join } from 'node:path';

/** What is used of `node:fs`. */
export type PlacingSystem = Pick<
  typeof fs,
  'openSync' | 'writeSync' | 'fsyncSync' | 'closeSync' | 'renameSync' | 'mkdirSync' | 'rmSync'
>;

export const placingSystem: PlacingSystem = fs;

/**
 * Writes a file beside, then renames it: its name has the old bytes or the new. The calls are synchronous ones: for files of
 * some kilobytes the trips of asynchronous ones to the thread pool and back took eight times the processor time (Node 20).
 */
export class Placing {
  readonly #beside: string;
  readonly #fs: PlacingSystem;
  #written = 0;

  /** `beside`: the folder, on the same disk, where files are while they are written. */
  constructor(beside: string, system: PlacingSystem) {
    this.#beside = beside;
    this.#fs = system;
  }

  /** Throws what the file system throws, and leaves nothing behind then. */
  place(path: string, bytes: Uint8Array, durable: boolean): void {
    const beside = join(this.#beside, String(this.#written++));
    try {
      this.#write(beside, bytes, durable);
      this.#inFolderOf(path, () => this.#fs.renameSync(beside, path));
    } catch (error) {
      this.#remove(beside);
      throw error;
    }
  }

  #write(beside: string, bytes: Uint8Array, durable: boolean): void {
    const file = this.#inFolderOf(beside, () => this.#fs.openSync(beside, 'w'));
    try {
      // A write may take less than it was given, as on a disk that is nearly full.
      for (let at = 0; at < bytes.length; ) at += this.#fs.writeSync(file, bytes, at);
      if (durable) this.#fs.fsyncSync(file);
    } finally {
      this.#fs.closeSync(file);
    }
  }

  #remove(beside: string): void {
    try {
      this.#fs.rmSync(beside, { force: true });
    } catch {
      // The error that came first is the one to tell.
    }
  }

  /** Does what needs the path's folder, and makes that folder if it turns out to be missing. */
  #inFolderOf<Result>(path: string, act: () => Result): Result {
    try {
      return act();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      this.#fs.mkdirSync(dirname(path), { recursive: true });
      return act();
    }
  }
}
