// Whoever may write to the topic may put anything there. The services agree on what of it is noise and what a rejection, and go on.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Transaction } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tufLedger } from '../fixtures/command-line.js';
import { EventSource, type SentEvent } from '../fixtures/event-source.js';
import { Cluster } from './cluster.js';
import { ClusterClient } from './cluster-client.js';
import { composedServices } from './compose.js';
import { describeWithKafka } from './describe-with-kafka.js';
import { PoisonedTopic, type Rejection } from './poisoned-topic.js';

const SERVICES = composedServices().flatMap(({ name, environment }) => (environment.PORT ? [name] : []));
const READERS = SERVICES.filter(name => name !== 'repository');
const LIMIT_MS = 300_000;
const IN_A_ROW = 10_000;
/** How much larger a process may be after all of it than before, in bytes; what it has read is more. */
const GROWTH_BYTES = 192 * 1024 * 1024;

describeWithKafka('a topic that anything is written to', () => {
  let folder: string;
  let cluster: Cluster;
  let client: ClusterClient;
  let topic: PoisonedTopic;
  let open: Transaction;
  let memory: ReadonlyMap<string, number>;
  const uploads: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tuf-ledger-poison-'));
    cluster = await Cluster.start({ folder, ports: 'free', opening: ['--bins', '16'] });
    client = await ClusterClient.of(cluster);
    topic = await PoisonedTopic.of(cluster);
    memory = await residentBytes();
  }, LIMIT_MS);

  afterAll(async () => {
    await topic?.close();
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  }, LIMIT_MS);

  /** Uploads through the gateway, one after another, before `work`, while it goes on, and after it. */
  async function whileUploading(work: () => Promise<void>): Promise<void> {
    await upload();
    let done = false;
    const working = work().finally(() => {
      done = true;
    });
    while (!done) await upload();
    await working;
    await upload();
  }

  async function upload(): Promise<void> {
    const { path, outcomes } = await client.upload(`file-${uploads.length}.tar.gz`);
    expect(outcomes).toMatchObject([{ result: 'applied', snapshot: expect.any(Number) }]);
    uploads.push(path);
  }

  /** Resident memory of each service. */
  async function residentBytes(): Promise<ReadonlyMap<string, number>> {
    const found = SERVICES.map(async name => {
      const [, bytes] = /^process_resident_memory_bytes (\S+)$/m.exec(await client.metrics(name))!;
      return [name, Number(bytes)] as const;
    });
    return new Map(await Promise.all(found));
  }

  async function noiseToldBy(name: string): Promise<Record<string, number>> {
    const told = (await client.metrics(name)).matchAll(/^tuf_ledger_noise_total\{reason="(.+)"\} (\d+)$/gm);
    return Object.fromEntries([...told].map(([, reason, count]) => [reason, Number(count)]));
  }

  /** All rejections, by the gateway. */
  async function rejectionsTold(): Promise<Rejection[]> {
    const found: Rejection[] = [];
    for (let after: number | null = -1; after !== null; ) {
      const path: string = `/v1/rejections?after=${after}`;
      const { body } = await client.get<{ rejections: Rejection[]; next: number | null }>(path);
      for (const { position, event, entry, code } of body.rejections)
        found.push({ position, event, ...(entry !== undefined && { entry }), code });
      after = body.next;
    }
    return found;
  }

  it('publishes uploads while one of each kind is written to it', async () => {
    await whileUploading(() => topic.poison());
  });

  it('publishes uploads while producers compress', async () => {
    await whileUploading(async () => {
      await topic.poison({ compressed: true });
      await topic.upload('compressed.tar.gz', { compressed: true });
    });
  });

  it('takes no batch that unpacks to more than a batch may have', async () => {
    const bomb = Array.from({ length: 20 }, () => new Uint8Array(1_000_000));
    const sent = topic.send(bomb, { compressed: true });
    await expect(sent).rejects.toMatchObject({ type: 'MESSAGE_TOO_LARGE' });
  });

  it.each(['commit', 'abort', 'leave open'] as const)(
    'publishes uploads while a producer writes in a transaction, and what is in it: %s',
    async end => {
      await whileUploading(async () => {
        const transaction = await topic.begin(end);
        await topic.poison({ within: transaction });
        await topic.upload(`${end.replace(' ', '-')}.tar.gz`, { within: transaction });
        if (end === 'leave open') open = transaction;
        else await transaction[end]();
      });
    },
  );

  it(
    `publishes uploads around ${IN_A_ROW} bad values in a row`,
    async () => {
      await whileUploading(async () => {
        await topic.upload('before.tar.gz');
        expect(await topic.row(IN_A_ROW)).toBeGreaterThan(GROWTH_BYTES);
        await topic.upload('after.tar.gz');
      });
    },
    LIMIT_MS,
  );

  it('has every upload published, those of other producers too', async () => {
    const { targets } = await client.seen();
    expect([...targets.keys()]).toEqual(expect.arrayContaining([...uploads, ...topic.uploads.keys()]));
  });

  it('means the same to every service as to a reader of its values alone', async () => {
    const { noise, records } = await topic.folded();
    for (const { name, becomes, offset } of topic.put)
      expect([name, noise.get(offset) ?? records.get(offset)?.codes]).toEqual([name, becomes]);
    for (const offset of topic.uploads.values()) expect(records.get(offset)?.codes).toEqual(['applied']);
    const counts = countsOf([...noise.values()]);
    for (const name of READERS) {
      const { status, reasons, position, size } = await client.readiness(name);
      expect([name, status, reasons, position ?? size]).toEqual([name, 200, [], records.size]);
      expect([name, await noiseToldBy(name)]).toEqual([name, counts]);
    }
    expect(await client.readiness('repository')).toMatchObject({ status: 200, reasons: [] });
  });

  it('tells what is noise, which has no position, from what was rejected, which is listed', async () => {
    const { noise, records, rejections } = await topic.folded();
    const oneOfEach = new Map(topic.put.map(put => [put.name, put]));
    for (const { name, offset } of oneOfEach.values()) {
      const { status, body } = await client.get<object>(`/v1/records?offset=${offset}`);
      const expected = noise.has(offset)
        ? { status: 404, body: { code: 'record-unknown' } }
        : { status: 200, body: { position: records.get(offset)!.position } };
      expect({ name, status, body }).toMatchObject({ name, ...expected });
    }
    expect(rejections.length).toBeGreaterThan(0);
    expect(await rejectionsTold()).toEqual(rejections);
  });

  it('streams what became of each record, in order and without gaps', async () => {
    const { records } = await topic.folded();
    const { url } = cluster.service('gateway');
    const source = await EventSource.open(`${url}/v1/outcomes?after=-1`);
    const told = await source.through(records.size - 1);
    source.leave();
    expect(told.map(({ id }) => id)).toEqual([...records.values()].map(({ position }) => position));
    for (const { name, offset } of topic.put) {
      const record = records.get(offset);
      if (record) expect([name, codesTold(told[record.position]!)]).toEqual([name, record.codes]);
    }
  });

  it('leaves every process as large as it was, but for a bound', async () => {
    const after = await residentBytes();
    for (const [name, bytes] of after) expect(bytes - memory.get(name)!, name).toBeLessThan(GROWTH_BYTES);
  });

  it('ends with the marker of a transaction, and everything goes on', async () => {
    await open.abort();
    await cluster.ready();
    await upload();
  });

  it('is served as a replay of it gives, byte for byte', async () => {
    const [server, repository] = [cluster.service('gateway').url, cluster.service('repository').url];
    const { code, said } = await tufLedger(['replay', '--server', server, '--repository', repository]);
    expect(said).toMatch(/served byte for byte as derived/);
    expect(code).toBe(0);
  });

  it(
    'is read again from its beginning by services that have lost what they derived',
    async () => {
      const before = await client.seen();
      await client.dropProjections();
      for (const name of SERVICES) await cluster.service(name).end('SIGKILL');
      for (const name of SERVICES) cluster.service(name).launch();
      await cluster.ready();
      await expect.poll(() => client.seen().catch(() => undefined), { timeout: LIMIT_MS }).toEqual(before);
      await upload();
    },
    LIMIT_MS,
  );
});

/** The code or the result of each event of a streamed record. */
function codesTold({ data }: SentEvent): string[] {
  const events = data.events as readonly (ToldEvent & { readonly entries?: readonly ToldEvent[] })[];
  return events.flatMap(({ entries, ...event }) =>
    (entries ?? [event]).map(({ code, result }) => code ?? result),
  );
}

interface ToldEvent {
  readonly result: string;
  readonly code?: string;
}

function countsOf(reasons: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const reason of reasons) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}
