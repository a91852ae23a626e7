// A log's values in one file, so that a replay is measured without the ledger that served them: for each value its length in
// 4 bytes, most significant first, then its bytes.

import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { LedgerClient } from '../driving/ledger-client.js';

/** Values of one request; the ledger ends a page earlier where they are large. */
const PAGE_VALUES = 1_000;
const LENGTH_BYTES = 4;
/** Bytes read at once. */
const CHUNK_BYTES = 1024 * 1024;

export class LogFile {
  private constructor(
    readonly path: string,
    /** Values, and bytes of them without their lengths. */
    readonly values: number,
    readonly bytes: number,
  ) {}

  /** Writes a whole log, as a ledger serves it. */
  static read(client: LedgerClient, path: string): Promise<LogFile> {
    return LogFile.write(path, servedValues(client));
  }

  static async write(path: string, values: AsyncIterable<Uint8Array>): Promise<LogFile> {
    let [count, bytes] = [0, 0];
    const framed = async function* () {
      for await (const value of values) {
        count++;
        bytes += value.length;
        const length = Buffer.alloc(LENGTH_BYTES);
        length.writeUInt32BE(value.length);
        yield Buffer.concat([length, value]);
      }
    };
    await pipeline(framed, createWriteStream(path));
    return new LogFile(path, count, bytes);
  }
}

/** The values of such a file, in batches as they are read. */
export async function* valuesOf(path: string): AsyncGenerator<Uint8Array[]> {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    const values: Uint8Array[] = [];
    let at = 0;
    while (at + LENGTH_BYTES <= rest.length) {
      const end = at + LENGTH_BYTES + rest.readUInt32BE(at);
      if (end > rest.length) break;
      values.push(new Uint8Array(rest.subarray(at + LENGTH_BYTES, end)));
      at = end;
    }
    rest = rest.subarray(at);
    yield values;
  }
}

async function* servedValues(client: LedgerClient): AsyncGenerator<Uint8Array> {
  for (let after = -1; ; ) {
    const page = JSON.parse((await client.get(`/v1/log?after=${after}&limit=${PAGE_VALUES}`)).toString()) as {
      log: { value: string }[];
      next: number | null;
    };
    for (const { value } of page.log) yield Buffer.from(value, 'base64');
    if (page.next === null) return;
    after = page.next;
  }
}
