import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Services } from '#apps/ledger/src/services';
import { MemoryFiles } from '#files';
import {
  appendOpening,
  DEFAULT_POLICY,
  type EmbeddedPostgres,
  LedgerFolder,
  loadServiceKeys,
  openLedgerFolder,
  RecordWriter,
  startEmbeddedPostgres,
} from '#host';
import { PostgresLog } from '#log';
import { Published, Replay } from '#projection';
import { nativeCrypto } from '#signing';
import { upload } from '../fixtures/test-ledger.js';

let folder: LedgerFolder;
let postgres: EmbeddedPostgres;

beforeAll(async () => {
  folder = new LedgerFolder(await mkdtemp(join(tmpdir(), 'tuf-ledger-')));
  postgres = await startEmbeddedPostgres({ dataFolder: folder.path, durable: false });
});
afterAll(async () => {
  await postgres?.stop();
  await rm(folder.path, { recursive: true, force: true });
});

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (await what()) return;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error('it did not come to be within 30 s');
}

describe('all services over one log', () => {
  it('publish an upload, byte for byte what a replay of the log gives', async () => {
    const choice = {
      origin: 'test.example/index',
      bins: { scheme: 'succinct', count: 16 },
      pathRule: 'project-file',
      policy: DEFAULT_POLICY,
    } as const;
    const { ledger, opened } = await openLedgerFolder(folder, choice, nativeCrypto, Date.now());
    const pool = new pg.Pool({ connectionString: postgres.url });
    const log = await PostgresLog.open(pool);
    await appendOpening(folder, log);
    const keys = await loadServiceKeys(folder);
    const files = new MemoryFiles();
    const ground = {
      ledger,
      opened,
      crypto: nativeCrypto,
      log,
      files,
      databaseUrl: postgres.url,
      signerFolder: folder.signer,
      signerKey: keys.signer,
      onlineKeys: keys.online,
      clock: Date.now,
    };
    const failures: Error[] = [];
    const services = await Services.start(ground, error => failures.push(error));
    const replay = new Replay(ledger, nativeCrypto);
    const published = new Published();
    const scheduler = new RecordWriter(
      { key: keys.scheduler, stream: 'main' },
      { ledger, log, reader: replay.state.reader },
    );
    const gateway = new RecordWriter(
      { key: keys.gateway, stream: 'main' },
      { ledger, log, reader: replay.state.reader },
    );
    let offset = 0;
    const catchUp = async () => {
      for (const entry of await log.read(offset, { maxBytes: 1e7, maxEntries: 1e5, waitMs: 0 })) {
        const effects = replay.next(entry.value);
        if (effects) published.take(effects);
        offset = entry.offset + 1;
      }
    };
    await catchUp();
    await until(() => services.watermarks.position('tuf_targets') >= 2);
    await scheduler.append([[{ type: 'cut', state: 1, at: Date.now() }]]);
    await until(() => failures.length > 0 || services.repository.published?.state === 1);
    expect(failures).toEqual([]);
    const began = performance.now();
    await gateway.append([[upload('six', 'six-1.0.tar.gz')]]);
    await scheduler.append([[{ type: 'cut', state: 2, at: Date.now() }]]);
    await until(() => failures.length > 0 || services.repository.published?.state === 2);
    console.log('published in', performance.now() - began);
    expect(failures).toEqual([]);
    await catchUp();
    for (const name of await files.list('')) {
      expect(published.files.get(name), name).toEqual(await files.read(name));
    }
    expect(await files.list('')).toHaveLength(16 + 1 + 2 + 1 + 2 + 1);
    await services.stop();
    await log.close();
    await pool.end();
  });
});
