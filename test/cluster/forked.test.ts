// A broker that comes back without the log's last records. Nobody may go on as if they had never been: they were acknowledged, and
// clients have seen what followed from them.

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Cluster } from './cluster.js';
import { ClusterClient } from './cluster-client.js';
import { describeWithKafka } from './describe-with-kafka.js';

const LIMIT_MS = 300_000;
/** What stops: all that read the log. The repository does not; it goes on serving what it served. */
const READERS = [
  'projector-root',
  'projector-targets-1',
  'projector-targets-2',
  'projector-snapshot',
  'projector-timestamp',
  'signer',
  'gateway',
];

describeWithKafka('a broker that comes back without its last records', () => {
  let folder: string;
  let cluster: Cluster;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tuf-ledger-forked-'));
    cluster = await Cluster.start({ folder, ports: 'free', opening: ['--bins', '16'] });
  }, LIMIT_MS);

  afterAll(async () => {
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  }, LIMIT_MS);

  it(
    'stops every service that reads it with log-forked, and clients keep what they have',
    async () => {
      const client = await ClusterClient.of(cluster);
      await client.upload('kept.tar.gz');
      await cluster.broker.stop();
      const backup = join(folder, 'backup');
      await cp(join(folder, 'kafka', 'data'), backup, { recursive: true });
      await cluster.broker.restart();
      await cluster.ready();
      await client.upload('lost.tar.gz');
      const seen = await client.seen();
      await cluster.broker.stop();
      await rm(join(folder, 'kafka', 'data'), { recursive: true });
      await cp(backup, join(folder, 'kafka', 'data'), { recursive: true });
      await cluster.broker.restart();
      for (const name of READERS) {
        const service = cluster.service(name);
        expect(await service.ended(), name).toBe(1);
        expect(await service.lastWords(), name).toMatch(/were read from it before\. Do not go on/);
      }
      expect(await client.seen()).toEqual(seen);
      // Starting again changes nothing: whoever has read the lost records knows that they are missing.
      for (const name of READERS) {
        cluster.service(name).launch();
        expect(await cluster.service(name).ended(), name).toBe(1);
      }
    },
    LIMIT_MS,
  );
});
