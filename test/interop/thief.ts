/** One who has stolen online keys, and makes repositories that only they can make: the real files, with versions far ahead. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadKeyFile, type SigningKey } from '#signing';
import { canonicalize, type JsonObject, metadataFile, toHex, utf8 } from '#tuf';
import type { LedgerServer } from '../fixtures/ledger-server.js';

/** Far ahead of what the ledger will come to in the life of a test. */
const AHEAD = 1_000_000;

/** The role whose version is ahead; with it all that lists it. */
export type Ahead = 'timestamp' | 'snapshot' | 'bins-0';

/** The files of a repository as the thief serves it, by name. */
export async function stolenRepository(server: LedgerServer, ahead: Ahead): Promise<Map<string, Buffer>> {
  const { repository } = server.folder;
  const files = new Map<string, Buffer>();
  const names = (await readdir(repository)).filter(name => name.endsWith('.json'));
  for (const name of names) files.set(name, await readFile(join(repository, name)));
  const signed = (name: string): JsonObject => JSON.parse(files.get(name)!.toString()).signed;
  const key = (purpose: string) => loadKeyFile(server.folder.keyFile(purpose));
  const timestamp = signed('timestamp.json') as unknown as Listing;
  let snapshotVersion = timestamp.meta['snapshot.json']!.version;
  if (ahead !== 'timestamp') {
    const snapshot = signed(`${snapshotVersion}.snapshot.json`) as unknown as Listing;
    if (ahead === 'bins-0') {
      const bin = signed(`${snapshot.meta['bins-0.json']!.version}.bins-0.json`);
      files.set(`${AHEAD}.bins-0.json`, await seal({ ...bin, version: AHEAD }, await key('hash-bins')));
      snapshot.meta['bins-0.json'] = { version: AHEAD };
    }
    snapshotVersion = AHEAD;
    const bytes = await seal({ ...snapshot, version: AHEAD }, await key('snapshot'));
    files.set(`${AHEAD}.snapshot.json`, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    timestamp.meta['snapshot.json'] = { version: AHEAD, length: bytes.length, hashes: { sha256 } };
  }
  files.set('timestamp.json', await seal({ ...timestamp, version: AHEAD }, await key('timestamp')));
  return files;
}

interface Listing {
  readonly meta: Record<string, { version: number; length?: number; hashes?: object }>;
}

async function seal(signed: object, key: SigningKey): Promise<Buffer> {
  const text = canonicalize(signed as JsonObject);
  const sig = toHex(await key.sign(utf8(text)));
  return Buffer.from(metadataFile(text, [{ keyid: key.keyid, sig }]));
}
