// Several of what a ledger can have several of: gateways, schedulers, and ledgers on one broker and one Postgres.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Replay } from '#projection';
import { nativeCrypto } from '#signing';
import { tufLedger } from '../fixtures/command-line.js';
import { EventSource } from '../fixtures/event-source.js';
import { codesOf } from '../fixtures/outcomes.js';
import { type AddedService, Cluster } from './cluster.js';
import { ClusterClient } from './cluster-client.js';
import { describeWithKafka } from './describe-with-kafka.js';
import { topicValues } from './topic-values.js';

const LIMIT_MS = 300_000;
const UPLOADS = 10;
/** Rounds of uploads through both gateways at once, in which cuts race. */
const ROUNDS = 5;
/** How long nobody cuts, in milliseconds: a scheduler takes less than a tenth of it. */
const NO_CUT_MS = 3_000;
const GATEWAYS = ['gateway', 'gateway-2', 'gateway-3'] as const;

function gatewayOf(name: string, settings: Readonly<Record<string, string>> = {}): AddedService {
  return { name, like: 'gateway', settings: { TUF_LEDGER_STREAM: name, ...settings } };
}

describeWithKafka('several', () => {
  let folder: string;
  let cluster: Cluster;
  let clients: Record<(typeof GATEWAYS)[number], ClusterClient>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tuf-ledger-several-'));
    cluster = await Cluster.start({
      folder: join(folder, 'one'),
      ports: 'free',
      opening: ['--bins', '16'],
      more: [gatewayOf('gateway-2'), gatewayOf('gateway-3', { TUF_LEDGER_SCHEDULER: 'off' })],
    });
    const [one, two, three] = await Promise.all(GATEWAYS.map(name => ClusterClient.of(cluster, name)));
    clients = { gateway: one!, 'gateway-2': two!, 'gateway-3': three! };
  }, LIMIT_MS);

  afterAll(async () => {
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  }, LIMIT_MS);

  describe('gateways', () => {
    const both = () => [clients.gateway, clients['gateway-2']];

    it(
      'publish what is uploaded through two at once, while their cuts race',
      async () => {
        for (let round = 0; round < ROUNDS; round++) {
          const names = Array.from({ length: UPLOADS }, (_, i) => `round-${round}-${i}.tar.gz`);
          const uploads = names.map((name, i) => both()[i % 2]!.upload(name));
          const told = await Promise.all(uploads);
          for (const { outcomes } of told)
            expect(outcomes).toMatchObject([{ result: 'applied', snapshot: expect.any(Number) }]);
          const { targets } = await clients.gateway.seen();
          expect([...targets.keys()]).toEqual(expect.arrayContaining(told.map(({ path }) => path)));
        }
      },
      LIMIT_MS,
    );

    it('agree on a file that is uploaded through two at once', async () => {
      const told = await Promise.all(both().map(client => client.upload('same.tar.gz')));
      const results = told.flatMap(({ outcomes }) => outcomes.map(({ result }) => result));
      expect(results.sort()).toEqual(['applied', 'unchanged']);
    });

    it('have cut each state once, and lost races have done no harm', async () => {
      const cuts = await cutsOf();
      const applied = cuts.filter(({ code }) => code === 'applied');
      expect(applied.map(({ state }) => state)).toEqual(applied.map((_, i) => i + 1));
      const lost = cuts.filter(({ code }) => code !== 'applied').map(({ code }) => code);
      expect(['cut-stale', 'cut-too-early']).toEqual(expect.arrayContaining([...new Set(lost)]));
      const told = await Promise.all(both().map(cutsToldBy));
      expect(sum(told.map(({ applied = 0 }) => applied))).toBe(applied.length);
      expect(sum(told.map(({ rejected = 0 }) => rejected))).toBe(lost.length);
      // Else nothing has raced.
      for (const { applied = 0, rejected = 0 } of told) expect(applied + rejected).toBeGreaterThan(0);
    });

    it('tell the same of any record, whoever has appended it', async () => {
      const { size } = await clients.gateway.readiness('gateway');
      for (let position = 0; position < size!; position++) {
        const [one, ...others] = await Promise.all(
          Object.values(clients).map(client => client.get(`/v1/records/${position}`)),
        );
        expect(one).toMatchObject({ status: 200, body: { position } });
        for (const other of others) expect(other).toEqual(one);
      }
    });

    it('stream the same outcomes, so that a listener may come back to any', async () => {
      const { size } = await clients.gateway.readiness('gateway');
      const streams = GATEWAYS.map(async name => {
        const source = await EventSource.open(`${cluster.service(name).url}/v1/outcomes?after=-1`);
        const told = await source.through(size! - 1);
        source.leave();
        return told;
      });
      const [one, ...others] = await Promise.all(streams);
      for (const other of others) expect(other).toEqual(one);
    });

    it(
      'cut nothing where their scheduler is off',
      async () => {
        for (const name of ['gateway', 'gateway-2']) await cluster.service(name).end('SIGTERM');
        const client = clients['gateway-3'];
        const { status, body } = await client.post(
          [{ type: 'file.uploaded', project: 'demo', filename: 'late.tar.gz', length: 1, hashes: HASHES }],
          false,
        );
        expect(status).toBe(200);
        const path = `/v1/records/${body.positions![0]}`;
        await wait(NO_CUT_MS);
        expect(await client.get(path)).toMatchObject({ status: 200, body: { published: null } });
        expect(await cutsToldBy(client)).toEqual({});
        for (const name of ['gateway', 'gateway-2']) cluster.service(name).launch();
        await cluster.ready();
        await expect.poll(async () => (await client.seen()).targets.has('demo/late.tar.gz')).toBe(true);
        expect(await client.get(path)).toMatchObject({ body: { published: { state: expect.any(Number) } } });
      },
      LIMIT_MS,
    );

    /** Cuts in the log, in order, and what became of each. */
    async function cutsOf(): Promise<{ readonly state: number; readonly code: string }[]> {
      const { ledger } = (await cluster.ledger.read())!;
      const replay = new Replay(ledger, nativeCrypto);
      const values = await topicValues(cluster.broker.address, 'tuf-ledger');
      return values.flatMap(({ value }) => {
        const effects = replay.next(value)!;
        const [placed] = effects.step.events;
        if (placed?.owner !== 'root' || placed.event?.type !== 'cut') return [];
        return [{ state: placed.event.state, code: codesOf(effects)[0]! }];
      });
    }
  });

  describe('ledgers on one broker and one Postgres', () => {
    let other: Cluster;
    let client: ClusterClient;

    beforeAll(async () => {
      const log = `kafka://${cluster.broker.address}/other`;
      other = await Cluster.start({
        folder: join(folder, 'other'),
        ports: 'free',
        beside: cluster,
        opening: ['--bins', '16', '--log', log],
        settings: () => ({ TUF_LEDGER_LOG: log, TUF_LEDGER_SCHEMA: 'other' }),
      });
      client = await ClusterClient.of(other);
    }, LIMIT_MS);

    afterAll(() => other?.stop(), LIMIT_MS);

    it('publish what each was told, and nothing of the other', async () => {
      const before = [...(await clients.gateway.seen()).targets.keys()];
      const [here, there] = await Promise.all([
        clients.gateway.upload('of-one.tar.gz'),
        client.upload('of-other.tar.gz'),
      ]);
      const [one, two] = await Promise.all([clients.gateway.seen(), client.seen()]);
      expect([...one.targets.keys()].sort()).toEqual([...before, here.path].sort());
      expect([...two.targets.keys()]).toEqual([there.path]);
    });

    it('are each what their topic says, byte for byte', async () => {
      for (const one of [cluster, other]) {
        const [server, repository] = [one.service('gateway').url, one.service('repository').url];
        const { code, said } = await tufLedger(['replay', '--server', server, '--repository', repository]);
        expect(said).toMatch(/served byte for byte as derived/);
        expect(code).toBe(0);
      }
    });

    it("take no token of the other's", async () => {
      const answer = await fetch(`${other.service('gateway').url}/v1/records`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${(await readFile(cluster.ledger.tokenFile, 'utf8')).trim()}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ events: [{ type: 'project.removed', project: 'demo' }] }),
      });
      expect(answer.status).toBe(401);
    });

    it(
      'outlive the loss of what the other has derived',
      async () => {
        const before = await client.seen();
        await clients.gateway.dropProjections();
        const services = [...cluster.services.values()];
        for (const service of services) await service.end('SIGKILL');
        expect((await client.upload('meanwhile.tar.gz')).outcomes).toMatchObject([{ result: 'applied' }]);
        for (const service of services) service.launch();
        await cluster.ready();
        expect((await client.seen()).targets.size).toBe(before.targets.size + 1);
        await clients.gateway.upload('afterwards.tar.gz');
      },
      LIMIT_MS,
    );
  });
});

const HASHES = { sha256: '0f'.repeat(32) };

/** What a gateway's scheduler says of its cuts. */
async function cutsToldBy(client: ClusterClient): Promise<{ applied?: number; rejected?: number }> {
  const metrics = await client.metrics(client.gateway);
  const told = metrics.matchAll(/^tuf_ledger_cuts_total\{result="(.+)"\} (\d+)$/gm);
  return Object.fromEntries([...told].map(([, result, count]) => [result, Number(count)]));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}
