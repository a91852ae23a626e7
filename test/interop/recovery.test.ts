/**
 * The three fast-forward attacks (TUF 1.5.2): whoever has stolen online keys makes clients trust versions far ahead, so that they refuse
 * all that the ledger publishes. The recovery is a ceremony that revokes the right keys; then these very clients come back.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LedgerServer } from '../fixtures/ledger-server.js';
import { upload } from '../fixtures/test-ledger.js';
import { Ceremonies } from './ceremony.js';
import { type InteropClient, startClient, type TrustedVersions } from './client.js';
import { describeWithClient } from './describe-with-client.js';
import { FileServer, files } from './file-server.js';
import { type Ahead, stolenRepository } from './thief.js';
import type { ClientKind } from './toolchain.js';

const LIMIT_MS = 120_000;

/** Which keys are replaced (TUF 1.5.2, PEP 458): those under whose signature the version stands that must be forgotten, and above. */
const CASES: readonly (readonly [ahead: Ahead, revoked: readonly string[]])[] = [
  ['timestamp', ['timestamp']],
  ['snapshot', ['timestamp', 'snapshot']],
  ['bins-0', ['timestamp', 'snapshot', 'hash-bins']],
];

let server: LedgerServer;
let scratch: string;
let ceremonies: Ceremonies;
let mirror: FileServer | undefined;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tuf-interop-'));
  server = await LedgerServer.start({ scheme: 'succinct', count: 2 });
  await server.ready();
  ceremonies = new Ceremonies(server, scratch);
  // As operators may: the new keys lie with the signer before the old ones are revoked.
  for (const role of ['timestamp', 'snapshot', 'hash-bins']) await ceremonies.createOnline(role);
  await server.restart();
  await server.publish(upload('six', 'six-1.0.tar.gz'));
});
afterEach(async () => {
  await mirror?.close();
  mirror = undefined;
  await server?.stop();
  await rm(scratch, { recursive: true, force: true });
});

async function refreshOnce(kind: ClientKind, metadataUrl: string, root: string): Promise<TrustedVersions> {
  const client = await startClient(kind, {
    metadataUrl,
    targetUrl: server.url,
    root,
    directory: join(scratch, `victim-${kind}`),
  });
  return client.refresh().finally(() => client.close());
}

/** The same client as before: what it trusted then lies in its folder. */
async function withClient<T>(
  kind: ClientKind,
  root: string,
  work: (client: InteropClient) => Promise<T>,
): Promise<T> {
  const directory = join(scratch, `victim-${kind}`);
  const client = await startClient(kind, {
    metadataUrl: server.metadataUrl,
    targetUrl: server.url,
    root,
    directory,
  });
  return work(client).finally(() => client.close());
}

/** Revokes keys of online roles, with those that lie ready in their place. */
async function revoke(roles: readonly string[]): Promise<void> {
  const options: string[] = [];
  for (const role of roles.filter(role => role !== 'hash-bins')) {
    options.push('--add', `${role}=${ceremonies.public(`${role}-next`)}`);
    options.push('--revoke', `${role}=${await ceremonies.keyid(role)}`);
  }
  await ceremonies.hold('root', options, ['root']);
  if (!roles.includes('hash-bins')) return;
  const next = `hashBins=${ceremonies.public('hash-bins-next')}`;
  await ceremonies.hold(
    'bins',
    ['--add', next, '--revoke', `hashBins=${await ceremonies.keyid('hash-bins')}`],
    ['bins'],
  );
}

for (const kind of ['python', 'go'] as const) {
  describeWithClient(kind, `a ${kind} client that was made to trust a version far ahead`, () => {
    it.each(CASES)(
      'of %s comes back when %j were revoked',
      async (ahead, revoked) => {
        const root = await server.rootFile();
        mirror = await FileServer.open(files(await stolenRepository(server, ahead)));
        expect((await refreshOnce(kind, mirror.url, root)).timestamp).toBe(1_000_000);
        await server.publish(upload('six', 'six-2.0.tar.gz'));
        await expect(refreshOnce(kind, server.metadataUrl, root)).rejects.toThrow();
        await revoke(revoked);
        await server.publish(upload('six', 'six-3.0.tar.gz'));
        await withClient(kind, root, async client => {
          const versions = await client.refresh();
          expect(versions.root).toBe(2);
          expect(versions.timestamp).toBeLessThan(1_000_000);
          const found = await client.lookups(
            ['1.0', '2.0', '3.0'].map(version => `six/six-${version}.tar.gz`),
          );
          expect(found).not.toContain(null);
        });
        // What the thief signed counts for nothing any more, for this client too.
        await expect(refreshOnce(kind, mirror.url, root)).rejects.toThrow();
      },
      LIMIT_MS,
    );
  });
}

describe('the rules', () => {
  it('let no key be revoked without another that meets the threshold', async () => {
    const options = ['--revoke', `timestamp=${await ceremonies.keyid('timestamp')}`];
    await expect(ceremonies.propose('root', ...options)).rejects.toThrow('fewer than the threshold');
  });
});
