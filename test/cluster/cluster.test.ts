// The services of docker-compose.yml as processes of their own, on a real broker and a real Postgres.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KafkaLog } from '#log';
import { Replay } from '#projection';
import { nativeCrypto } from '#signing';
import { tufLedger } from '../fixtures/command-line.js';
import { Cluster } from './cluster.js';
import { ClusterClient } from './cluster-client.js';
import { composedServices } from './compose.js';
import { describeWithKafka } from './describe-with-kafka.js';

const SERVICES = composedServices().flatMap(({ name, environment }) => (environment.PORT ? [name] : []));
const LIMIT_MS = 300_000;

describeWithKafka('the cluster', () => {
  let folder: string;
  let cluster: Cluster;
  let client: ClusterClient;
  let files = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tuf-ledger-cluster-'));
    cluster = await Cluster.start({ folder, ports: 'free', opening: ['--bins', '16'] });
    client = await ClusterClient.of(cluster);
  }, LIMIT_MS);

  afterAll(async () => {
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  }, LIMIT_MS);

  /** Uploads a new file; gives its outcome once it is published, and the state that a strict client is shown then. */
  async function upload() {
    const { path, outcomes } = await client.upload(`file-${++files}.tar.gz`);
    const seen = await client.seen();
    expect([...seen.targets.keys()]).toContain(path);
    return { outcome: outcomes[0]!, seen };
  }

  it('publishes an upload', async () => {
    const { outcome, seen } = await upload();
    expect(outcome).toMatchObject({ result: 'applied' });
    expect(seen.timestamp).toBeGreaterThanOrEqual(outcome.snapshot!);
  });

  it('publishes what a replay of the topic gives', async () => {
    const { code, said } = await tufLedger([
      'replay',
      '--server',
      cluster.service('gateway').url,
      '--repository',
      cluster.service('repository').url,
    ]);
    expect(said).toMatch(/served byte for byte as derived/);
    expect(code).toBe(0);
  });

  it.each(SERVICES)(
    'goes on when %s was killed and started again',
    async name => {
      const service = cluster.service(name);
      await service.end('SIGKILL');
      service.launch();
      await service.ready(LIMIT_MS);
      const { outcome } = await upload();
      expect(outcome).toMatchObject({ result: 'applied' });
    },
    LIMIT_MS,
  );

  it(
    'goes on when the broker was killed and started again',
    async () => {
      await cluster.broker.kill();
      const reasons = async () => (await client.readiness('projector-root')).reasons.join();
      await expect.poll(reasons, { timeout: LIMIT_MS }).toMatch(/The log has not answered since/);
      await cluster.broker.restart();
      await cluster.ready();
      await upload();
    },
    LIMIT_MS,
  );

  it(
    'goes on when Postgres was killed and started again',
    async () => {
      await cluster.postgres.kill();
      await cluster.postgres.restart();
      await cluster.ready();
      await upload();
    },
    LIMIT_MS,
  );

  it(
    'comes back from the log alone',
    async () => {
      const before = await client.seen();
      await client.dropProjections();
      await rm(cluster.volume('repository'), { recursive: true });
      for (const name of SERVICES) await cluster.service(name).end('SIGKILL');
      for (const name of SERVICES) cluster.service(name).launch();
      await cluster.ready();
      await expect.poll(() => client.seen().catch(() => undefined), { timeout: LIMIT_MS }).toEqual(before);
      await upload();
    },
    LIMIT_MS,
  );

  it('each service tells how it is, and ends when it is asked to', async () => {
    for (const name of SERVICES) {
      const metrics = await client.metrics(name);
      expect(metrics, name).toContain('process_cpu_seconds_total');
    }
    const log = await KafkaLog.open(
      { brokers: [cluster.broker.address], clientId: 'test' },
      { topic: 'tuf-ledger' },
    );
    const values = await log.read(0, { maxBytes: 1e8, maxEntries: 1e6, waitMs: 0 });
    await log.close();
    const { ledger } = JSON.parse(await readFile(cluster.ledger.ledgerFile, 'utf8'));
    const replay = new Replay(ledger, nativeCrypto);
    const noise = values.filter(({ value }) => !replay.next(value));
    expect(noise).toEqual([]);
    for (const name of SERVICES) expect(await cluster.service(name).end('SIGTERM'), name).toBe(0);
  });
});
