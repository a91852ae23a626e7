/** Clients that nobody here wrote poll a ledger of a large index's size, while it is uploaded to without a pause. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LedgerServer } from '../fixtures/ledger-server.js';
import { type InteropClient, startClient } from './client.js';
import { describeWithClient } from './describe-with-client.js';
import { Pollers } from './poller.js';
import { CLIENT_KINDS, type ClientKind } from './toolchain.js';
import { UploadStream } from './upload-stream.js';

/** How long uploads go on at least, in milliseconds. They go on for longer where the clients have not seen enough by then. */
const UPLOADING_MS = 20_000;
/** How long they go on at most, in milliseconds. */
const LONGEST_UPLOADING_MS = 180_000;
/** The whole test's limit, in milliseconds. */
const TEST_LIMIT_MS = 480_000;
/** So many different states each steady client has to be shown. */
const LEAST_STATES = 5;
/** So many clients of each kind have to begin from the first root. */
const LEAST_NEWCOMERS = 2;

describe('16,384 bins while uploads go on', () => {
  let server: LedgerServer;
  let scratch: string;
  let root: string;

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'tuf-interop-'));
    server = await LedgerServer.start({ scheme: 'succinct', count: 16_384 });
    await server.ready();
    root = await server.rootFile();
  });
  afterAll(async () => {
    await server?.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  async function start(kind: ClientKind): Promise<InteropClient> {
    const directory = await mkdtemp(join(scratch, 'client-'));
    return startClient(kind, { metadataUrl: server.metadataUrl, targetUrl: server.url, root, directory });
  }

  async function noRefreshFails(): Promise<void> {
    const uploads = new UploadStream(server);
    const pollers = await Promise.all(
      CLIENT_KINDS.map(kind => Pollers.open(kind, () => start(kind), uploads.published)),
    );
    const failures: string[] = [];
    const note = (task: Promise<void>) => task.catch((error: Error) => void failures.push(error.message));
    const longEnough = longEnoughFor(pollers);
    const over = () => failures.length > 0 || longEnough();
    const polls = pollers.flatMap(some => [some.stay(over), some.come(over)]);
    await Promise.all([uploads.run(over), ...polls].map(note));
    if (failures.length === 0) await Promise.all(pollers.map(some => note(some.findAll())));
    await Promise.all(pollers.map(some => some.close()));
    expect(failures).toEqual([]);
    for (const { kind, states, newcomers } of pollers) {
      expect(states, `states that the steady ${kind} client was shown`).toBeGreaterThanOrEqual(LEAST_STATES);
      expect(newcomers, `new ${kind} clients`).toBeGreaterThanOrEqual(LEAST_NEWCOMERS);
    }
  }

  describeWithClient('python', 'both clients', () => {
    describeWithClient('go', 'at once', () => {
      it(
        'no refresh fails, none goes back, and each finds what was published before it',
        noRefreshFails,
        TEST_LIMIT_MS,
      );
    });
  });
});

/** Tells whether uploads have gone on, from now, for as long as these clients need. */
function longEnoughFor(pollers: readonly Pollers[]): () => boolean {
  const begun = Date.now();
  return () => {
    const enough = pollers.every(
      ({ states, newcomers }) => states >= LEAST_STATES && newcomers >= LEAST_NEWCOMERS,
    );
    return Date.now() - begun > (enough ? UPLOADING_MS : LONGEST_UPLOADING_MS);
  };
}
