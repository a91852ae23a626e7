/** Clients that nobody here wrote, on a whole ledger that serves a real index's history. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '#apps/cli/src/exit-code';
import { tufLedger } from '../fixtures/command-line.js';
import { demoFiles } from '../fixtures/demo-pages.js';
import { LedgerServer } from '../fixtures/ledger-server.js';
import { type PublishedRepository, servedPath } from './attack-stage.js';
import { ATTACKS, tryAttack } from './attacks.js';
import { type InteropClient, startClient } from './client.js';
import { describeWithClient } from './describe-with-client.js';
import { FileServer, files } from './file-server.js';
import type { ClientKind } from './toolchain.js';

const FRESH = Buffer.from('the bytes of a file that was uploaded just now');
const FRESH_PATH = 'fresh/fresh-1.0.tar.gz';
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const uploadOfFresh = {
  type: 'file.uploaded',
  project: 'fresh',
  filename: 'fresh-1.0.tar.gz',
  length: FRESH.length,
  hashes: { sha256: sha256(FRESH) },
} as const;

/** Runs the demo import as a user does. */
async function importDemo(server: LedgerServer): Promise<{ code: ExitCode; said: string }> {
  const variables = { TUF_LEDGER_TOKEN: await server.token() };
  return tufLedger(['import', 'test/data/pep691', '--server', server.url], variables);
}

/** What the pages say of every file: the expected answers of every look-up, by path. */
const expected = new Map(demoFiles().map(file => [file.path, file]));

for (const scheme of ['succinct', 'path_hash_prefixes'] as const) {
  describe(`256 bins by ${scheme}`, () => {
    let server: LedgerServer;
    let scratch: string;
    let targets: FileServer;

    beforeAll(async () => {
      scratch = await mkdtemp(join(tmpdir(), 'tuf-interop-'));
      server = await LedgerServer.start({ scheme, count: 256 });
      await server.ready();
      targets = await FileServer.open(files(new Map([[servedPath(FRESH_PATH, sha256(FRESH)), FRESH]])));
      const imported = await importDemo(server);
      expect(imported, imported.said).toMatchObject({ code: ExitCode.ok });
    });
    afterAll(async () => {
      await targets?.close();
      await server?.stop();
      await rm(scratch, { recursive: true, force: true });
    });

    it('imports nothing twice', async () => {
      const before = await server.get('/v1/ledger').then(response => response.json());
      expect((await importDemo(server)).code).toBe(ExitCode.ok);
      expect(await server.get('/v1/ledger').then(response => response.json())).toEqual(before);
    });

    // go-tuf 2.4.2 reads no path_hash_prefixes: it finds no target behind them (harness.test.ts).
    const kinds: ClientKind[] = scheme === 'succinct' ? ['python', 'go'] : ['python'];
    for (const kind of kinds) {
      describeWithClient(kind, `on ${scheme} bins`, () => {
        const start = async (): Promise<InteropClient> =>
          startClient(kind, {
            metadataUrl: server.metadataUrl,
            targetUrl: targets.url,
            root: await server.rootFile(),
            directory: await mkdtemp(join(scratch, 'client-')),
          });

        it('finds all 10,041 targets with length, hash and yank', async () => {
          const client = await start();
          await client.refresh();
          const paths = [...expected.keys()];
          const found = await client.lookups(paths);
          const wrong = paths.filter((path, i) => {
            const { length, hash, custom } = expected.get(path)!;
            const info = found[i];
            return (
              info?.length !== length ||
              info.sha256 !== hash ||
              JSON.stringify(info.custom) !== JSON.stringify(custom)
            );
          });
          expect(wrong).toEqual([]);
          expect(found).toHaveLength(10_041);
          expect(found.filter(info => info?.custom)).toHaveLength(179);
          expect(await client.lookup('six/six-0.0.0.tar.gz')).toBeNull();
          await client.close();
        });

        it('follows an upload and a yank, and gets the very bytes', async () => {
          const client = await start();
          const before = await client.refresh();
          await server.publish(uploadOfFresh);
          const reason = `by ${kind}`;
          await server.publish({
            type: 'file.yanked',
            project: 'fresh',
            filename: 'fresh-1.0.tar.gz',
            reason,
          });
          const after = await client.refresh();
          expect(after.snapshot).toBeGreaterThan(before.snapshot);
          expect(await client.lookup(FRESH_PATH)).toMatchObject({ custom: { yanked: reason } });
          expect(await client.download(FRESH_PATH)).toEqual({ length: FRESH.length, sha256: sha256(FRESH) });
          await server.publish({ type: 'file.unyanked', project: 'fresh', filename: 'fresh-1.0.tar.gz' });
          await client.refresh();
          expect(await client.lookup(FRESH_PATH)).toMatchObject({ custom: null });
          await client.close();
        });

        it.each(ATTACKS.map(attack => [attack.name, attack] as const))(
          'refuses %s',
          async (_name, attack) => {
            await server.publish(uploadOfFresh);
            let turn = 0;
            const repository: PublishedRepository = {
              metadataUrl: server.metadataUrl,
              root: await server.rootFile(),
              target: { path: FRESH_PATH, bytes: FRESH },
              publish: async () => {
                const reason = `${attack.name.slice(0, 100)} ${++turn} ${Date.now()}`;
                await server.publish({
                  type: 'file.yanked',
                  project: 'fresh',
                  filename: 'fresh-1.0.tar.gz',
                  reason,
                });
              },
            };
            await tryAttack(attack, kind, repository);
          },
        );
      });
    }
  });
}

describe('16,384 bins', () => {
  let server: LedgerServer;
  let scratch: string;

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'tuf-interop-'));
    server = await LedgerServer.start({ scheme: 'succinct', count: 16_384 });
    await server.ready();
    await server.publish(uploadOfFresh);
  });
  afterAll(async () => {
    await server?.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  for (const kind of ['python', 'go'] as const) {
    describeWithClient(kind, 'on 16,384 bins', () => {
      it('finds a target', async () => {
        const client = await startClient(kind, {
          metadataUrl: server.metadataUrl,
          targetUrl: server.url,
          root: await server.rootFile(),
          directory: await mkdtemp(join(scratch, 'client-')),
        });
        await client.refresh();
        expect(await client.lookup(FRESH_PATH)).toMatchObject({
          length: FRESH.length,
          sha256: sha256(FRESH),
        });
        await client.close();
      });
    });
  }
});
