/** The harness itself, on repositories that python-tuf made: it must accept what is right and see what is wrong. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from './attack-stage.js';
import { ATTACKS, tryAttack } from './attacks.js';
import { type ClientOptions, type InteropClient, startClient } from './client.js';
import { describeWithClient } from './describe-with-client.js';
import { MirrorProxy } from './mirror-proxy.js';
import {
  buildReferenceRepository,
  type ReferenceOptions,
  type ReferenceRepository,
  ReferenceServer,
} from './reference-repository.js';
import { CLIENT_KINDS, type ClientKind } from './toolchain.js';

/** A mirror that is told to tamper and doesn't. */
class HonestMirror extends MirrorProxy {
  static override open(upstream: string): Promise<MirrorProxy> {
    return new HonestMirror(upstream).listen();
  }

  protected override tamper(): void {}
}

describeWithClient('python', 'a repository made by python-tuf', () => {
  let scratch: string;
  let succinct: ReferenceRepository;
  const undo: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'tuf-interop-'));
    succinct = await build({ scheme: 'succinct' });
  });
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });
  afterAll(() => rm(scratch, { recursive: true, force: true }));

  const newFolder = (): Promise<string> => mkdtemp(join(scratch, 'new-'));
  const build = async (options: ReferenceOptions): Promise<ReferenceRepository> =>
    buildReferenceRepository(join(await newFolder(), 'repository'), options);

  async function serve(repository: ReferenceRepository): Promise<ReferenceServer> {
    const server = await ReferenceServer.open(repository);
    undo.push(() => server.close());
    return server;
  }

  async function start(
    kind: ClientKind,
    { metadataUrl, targetUrl, root }: ReferenceServer,
    other: Partial<ClientOptions> = {},
  ): Promise<InteropClient> {
    const directory = other.directory ?? (await newFolder());
    const client = await startClient(kind, { metadataUrl, targetUrl, root, ...other, directory });
    undo.push(() => client.close());
    return client;
  }

  for (const kind of CLIENT_KINDS) {
    describeWithClient(kind, 'a client', () => {
      it('follows the states', async () => {
        const server = await serve(succinct);
        const client = await start(kind, server);
        for (const [index, targets] of succinct.states.entries()) {
          if (index > 0) await server.publish();
          const state = index + 1;
          const root = state === 3 ? 2 : 1;
          expect(await client.refresh()).toEqual({ root, timestamp: state, snapshot: state, targets: 1 });
          expect(await client.lookups(Object.keys(targets))).toEqual(Object.values(targets));
          expect(await client.lookup(succinct.target)).toEqual(targets[succinct.target]);
          const { length, sha256 } = targets[succinct.target]!;
          expect(await client.download(succinct.target)).toEqual({ length, sha256 });
        }
      });

      it('stays in one state until it refreshes', async () => {
        const server = await serve(succinct);
        const client = await start(kind, server);
        const before = await client.lookup(succinct.target);
        await server.publish();
        expect(await client.lookup(succinct.target)).toEqual(before);
        await client.refresh();
        expect(await client.lookup(succinct.target)).not.toEqual(before);
      });

      it('keeps its trust in its folder', async () => {
        const server = await serve(succinct);
        const directory = await newFolder();
        for (let state = 1; state < 3; state += 1) await server.publish();
        await (await start(kind, server, { directory })).refresh();
        const rolledBack = await serve(succinct);
        const successor = await start(kind, rolledBack, { directory });
        await expect(successor.refresh()).rejects.toMatchObject({ name: 'ClientRefusal' });
      });

      it('answers thousands of look-ups', async () => {
        const client = await start(kind, await serve(succinct));
        const paths = Array.from(
          { length: 4_500 },
          (_, index) => `project-${index}/project_${index}-1.0.tar.gz`,
        );
        const expected = paths.map(path => succinct.states[0]![path] ?? null);
        expect(await client.lookups(paths)).toEqual(expected);
      });

      it('says that a target is missing', async () => {
        const client = await start(kind, await serve(succinct));
        expect(await client.lookup('no-project/none-1.0.tar.gz')).toBeNull();
        expect(await client.download('no-project/none-1.0.tar.gz')).toBeNull();
      });

      it('begins at the time it is given', async () => {
        const client = await start(kind, await serve(succinct), { now: new Date('2999-01-01') });
        await expect(client.refresh()).rejects.toMatchObject({ reason: 'ExpiredMetadata' });
      });

      it('tells why it ended', async () => {
        const client = await start(kind, await serve(succinct), { root: 'no-such-root.json' });
        await expect(client.refresh()).rejects.toThrow(/has ended \(exit code 1\).*no-such-root\.json/s);
      });

      // PEP 458's snapshot lists versions only, and one key signs all hash bins: nothing else tells two bins apart.
      it('takes one hash bin for another of the same version', async () => {
        const server = await serve(succinct);
        const mirror = await MirrorProxy.open(server.metadataUrl);
        undo.push(() => mirror.close());
        const own = `1.bins-${sha256(Buffer.from(succinct.target))[0]}.json`;
        const other = await mirror.original('1.bins-0.json');
        expect(own).not.toBe('1.bins-0.json');
        mirror.replace(own, other);
        const client = await start(kind, server, { metadataUrl: mirror.url });
        expect(await client.lookup(succinct.target)).toBeNull();
        expect(mirror.fetched).toContain(own);
      });

      describe('refuses', () => {
        for (const attack of ATTACKS) {
          it(attack.name, async () => {
            await tryAttack(attack, kind, await serve(succinct));
          });
        }

        it.each(['root', 'timestamp', 'snapshot', 'targets'] as const)('a missigned %s', async missigned => {
          const client = await start(kind, await serve(await build({ missigned })));
          await expect(client.refresh()).rejects.toMatchObject({ reason: 'UnsignedMetadata' });
        });

        it.each(['bins', 'hash-bin'] as const)('a missigned delegated role (%s)', async missigned => {
          const client = await start(kind, await serve(await build({ missigned })));
          await client.refresh();
          await expect(client.lookup(succinct.target)).rejects.toMatchObject({ reason: 'UnsignedMetadata' });
        });
      });
    });
  }

  // One client will do, the faster one: what is proved here is the checks.
  describeWithClient('go', 'without an attack, the check fails for', () => {
    for (const attack of ATTACKS.filter(({ by }) => by === 'mirror')) {
      it(attack.name, async () => {
        const trial = tryAttack(attack, 'go', await serve(succinct), HonestMirror.open);
        await expect(trial).rejects.toMatchObject({ name: 'AssertionError' });
      });
    }
  });

  describe('with path_hash_prefixes', () => {
    let prefixes: ReferenceRepository;
    beforeAll(async () => {
      prefixes = await build({ scheme: 'prefixes' });
    });

    it('is read by python-tuf', async () => {
      const client = await start('python', await serve(prefixes));
      const targets = prefixes.states[0]!;
      expect(await client.lookups(Object.keys(targets))).toEqual(Object.values(targets));
    });

    describeWithClient('go', 'a client', () => {
      // go-tuf 2.4.2 compares the prefixes with base64. When this fails, it can do without succinct roles.
      it('sees no targets', async () => {
        const client = await start('go', await serve(prefixes));
        const paths = Object.keys(prefixes.states[0]!);
        expect(await client.lookups(paths)).toEqual(paths.map(() => null));
      });
    });
  });
});
