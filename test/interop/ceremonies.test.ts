/** Every rotation on a whole ledger, by the command line, while clients that nobody here wrote poll it without a pause. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '#apps/cli/src/exit-code';
import { LedgerServer } from '../fixtures/ledger-server.js';
import { upload } from '../fixtures/test-ledger.js';
import { Ceremonies } from './ceremony.js';
import { type InteropClient, startClient, type TrustedVersions } from './client.js';
import { describeWithClient } from './describe-with-client.js';
import type { ClientKind } from './toolchain.js';

const PAUSE_MS = 10;
const LIMIT_MS = 300_000;
const KINDS: readonly ClientKind[] = ['python', 'go'];

describe('keys that change while clients poll', () => {
  let server: LedgerServer;
  let scratch: string;
  let shipped: string;
  let ceremonies: Ceremonies;
  let uploads = 0;

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'tuf-interop-'));
    server = await LedgerServer.start({ scheme: 'succinct', count: 16 });
    await server.ready();
    ceremonies = new Ceremonies(server, scratch);
    await ceremonies.create('alice');
    await ceremonies.create('bob', 'ecdsa-p256');
    await ceremonies.create('carol', 'rsa-pss');
    await ceremonies.create('second-targets');
    await ceremonies.create('second-bins');
    for (const role of ['timestamp', 'snapshot', 'hash-bins']) await ceremonies.createOnline(role);
    await server.restart();
    shipped = await server.rootFile();
  });
  afterAll(async () => {
    await server?.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  const start = (kind: ClientKind, directory: string): Promise<InteropClient> =>
    startClient(kind, { metadataUrl: server.metadataUrl, targetUrl: server.url, root: shipped, directory });

  /** Publishes something, so that a state is made under the newest roles. */
  const publish = () => server.publish(upload('six', `six-1.${uploads++}.tar.gz`));

  /** A client that refreshes until it is over; gives the roots that it came to. */
  async function poll(kind: ClientKind, over: () => boolean): Promise<Set<number>> {
    const client = await start(kind, await mkdtemp(join(scratch, 'steady-')));
    const roots = new Set<number>();
    let last: TrustedVersions | undefined;
    try {
      while (!over()) {
        const versions = await client.refresh();
        for (const [role, version] of Object.entries(last ?? {}))
          expect(versions[role as keyof TrustedVersions], role).toBeGreaterThanOrEqual(version);
        last = versions;
        roots.add(versions.root);
        await wait(PAUSE_MS);
      }
    } finally {
      await client.close();
    }
    return roots;
  }

  /** Rotations that are planned: nothing of them may show to a client as an error. */
  const ROTATIONS: readonly (readonly [what: string, hold: () => Promise<void>])[] = [
    [
      'root: three keys, two of which must sign, in place of one',
      async () => {
        const adds = ['alice', 'bob', 'carol'].flatMap(name => ['--add', `root=${ceremonies.public(name)}`]);
        const leaving = `root=${await ceremonies.keyid('root')}`;
        await ceremonies.hold(
          'root',
          [...adds, '--remove', leaving, '--threshold', 'root=2'],
          ['root', 'alice', 'bob'],
        );
      },
    ],
    [
      'root: the threshold up, and down again',
      async () => {
        await ceremonies.hold('root', ['--threshold', 'root=3'], ['alice', 'bob', 'carol']);
        await ceremonies.hold('root', ['--threshold', 'root=2'], ['alice', 'bob', 'carol']);
      },
    ],
    [
      'the keys of timestamp and snapshot',
      async () => {
        const options: string[] = [];
        for (const role of ['timestamp', 'snapshot']) {
          options.push('--add', `${role}=${ceremonies.public(`${role}-next`)}`);
          options.push('--remove', `${role}=${await ceremonies.keyid(role)}`);
        }
        await ceremonies.hold('root', options, ['bob', 'carol']);
      },
    ],
    [
      'the key of targets, signed by both before root names it',
      async () => {
        const leaving = await ceremonies.keyid('targets');
        const options = [
          '--add',
          `targets=${ceremonies.public('second-targets')}`,
          '--remove',
          `targets=${leaving}`,
        ];
        const root = await ceremonies.propose('root', ...options);
        await ceremonies.sign(root, 'alice');
        expect((await ceremonies.submit(root)).code).toBe(ExitCode.pending);
        await ceremonies.sign(root, 'carol');
        const early = await ceremonies.submit(root);
        expect(early).toMatchObject({
          code: ExitCode.refused,
          said: expect.stringContaining('targets-first'),
        });
        await ceremonies.hold('targets', [], ['targets', 'second-targets']);
        expect((await ceremonies.submit(root)).code).toBe(ExitCode.ok);
      },
    ],
    [
      'the keys of bins and of the hash bins, all of which are issued anew',
      async () => {
        const leaving = await ceremonies.keyid('bins');
        const options = ['--add', `bins=${ceremonies.public('second-bins')}`, '--remove', `bins=${leaving}`];
        const targets = await ceremonies.propose('targets', ...options);
        await ceremonies.sign(targets, 'second-targets');
        expect((await ceremonies.submit(targets)).said).toContain('bins-first');
        const hashBins = await ceremonies.keyid('hash-bins');
        const changes = [
          '--add',
          `hashBins=${ceremonies.public('hash-bins-next')}`,
          '--remove',
          `hashBins=${hashBins}`,
        ];
        await ceremonies.hold('bins', changes, ['bins', 'second-bins']);
        expect((await ceremonies.submit(targets)).code).toBe(ExitCode.ok);
      },
    ],
    [
      'root, without any change, for another year, signed by other programs',
      async () => {
        const file = await ceremonies.propose('root');
        await ceremonies.signByPython(file, 'alice');
        await ceremonies.signByOpenssl(file, 'carol');
        expect((await ceremonies.submit(file)).code).toBe(ExitCode.ok);
      },
    ],
  ];

  /** Clients that went no farther than an earlier root, by folder. */
  const stopped: { readonly kind: ClientKind; readonly directory: string; readonly root: number }[] = [];

  async function stopHere(): Promise<void> {
    for (const kind of KINDS) {
      const directory = await mkdtemp(join(scratch, 'stopped-'));
      const client = await start(kind, directory);
      const { root } = await client.refresh().finally(() => client.close());
      stopped.push({ kind, directory, root });
    }
  }

  async function rotateAll(): Promise<void> {
    let over = false;
    const polling = Promise.all(KINDS.map(kind => poll(kind, () => over)));
    polling.catch(() => undefined);
    try {
      await stopHere();
      for (const [what, hold] of ROTATIONS) {
        await hold().catch((error: Error) => {
          throw new Error(`${what}: ${error.message}`, { cause: error });
        });
        await publish();
        await stopHere();
      }
    } finally {
      over = true;
    }
    for (const roots of await polling) expect([...roots].at(-1)).toBe(newestRoot());
  }

  const newestRoot = () => Math.max(...stopped.map(({ root }) => root));

  describeWithClient('python', 'both clients', () => {
    describeWithClient('go', 'at once', () => {
      it(
        'no refresh fails, and clients that stopped at any earlier root arrive at the newest',
        async () => {
          await rotateAll();
          expect(newestRoot()).toBe(7);
          for (const { kind, directory, root } of stopped) {
            const client = await start(kind, directory);
            const versions = await client.refresh().finally(() => client.close());
            expect(versions.root, `the ${kind} client that stopped at root ${root}`).toBe(newestRoot());
          }
          const { said } = await ceremonies.run('replay', '--server', server.url);
          expect(said).toContain('are served byte for byte as derived');
        },
        LIMIT_MS,
      );
    });
  });
});
