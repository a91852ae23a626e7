/**
 * The metadata store: the port behind which the repository's files lie, as mirrors and clients fetch them.
 *
 * What every adapter promises:
 *
 * - Atomicity, per file. Who reads a name sees the old bytes, or the new ones, or no file; never a part of either,
 *   killed anywhere. Nothing holds across files: `writeAll` gives no order among its entries, so what must stand
 *   before something else is awaited before that is written.
 * - Durability, only where asked for. Without it, a power cut may lose a file, bring an older one back or leave it
 *   empty; all files can be derived again, and their owner does so after an unclean stop. With `durable`, the
 *   file is on the disk when the promise resolves.
 * - One writer. Readers may be many, in other processes too.
 *
 * Trust: none. Whoever can write there can put anything there. Clients check signatures and hashes, and the owner
 * compares with what it derives.
 *
 * Names are relative paths: segments joined by "/", each 1 to 200 characters of `A-Z a-z 0-9 . _ - ~ % + = @ ,`,
 * the first of them not a dot, at most 16 segments. Anything else in a name is quoted by whoever makes it. A name
 * must not be another's folder (`a` beside `a/b`), nor differ from another by case only: folders can't hold both.
 */

import { FilesError } from './errors.js';

/** A file to write. */
export interface FileEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface WriteOptions {
  /** Resolve only when the files would outlive a power cut. */
  readonly durable?: boolean;
}

/** Every method rejects with a `FilesError`. */
export interface Files {
  /** Writes a file, or replaces it. After a rejection the old file or the new one is there. */
  write(name: string, bytes: Uint8Array, options?: WriteOptions): Promise<void>;

  /** Writes files of different names as by `write`, several at once. After a rejection none is still on its way. */
  writeAll(entries: readonly FileEntry[], options?: WriteOptions): Promise<void>;

  /** The file's bytes; undefined if there is none. */
  read(name: string): Promise<Uint8Array | undefined>;

  /** The names that begin with `prefix` ("" for all), sorted by code unit. */
  list(prefix: string): Promise<string[]>;

  /** Removes a file. No error if there is none. */
  remove(name: string): Promise<void>;
}

const SEGMENT = /^[A-Za-z0-9_~%+=@,-][A-Za-z0-9._~%+=@,-]{0,199}$/;
const SEGMENTS = 16;

/** Whether the store takes this name. */
export function isSafeName(name: string): boolean {
  const segments = name.split('/');
  return segments.length <= SEGMENTS && segments.every(segment => SEGMENT.test(segment));
}

/** Throws `name-unsafe` for a name that the store does not take. */
export function requireSafeName(name: string): void {
  if (isSafeName(name)) return;
  throw new FilesError('name-unsafe', `${JSON.stringify(name)} is no name for a file of the metadata store.`);
}
