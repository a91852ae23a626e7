// A ledger on Kafka that is uploaded to and polled without a pause, while one fault after the other befalls it. At the end nothing
// that was acknowledged is missing, and all bytes are those that follow from the topic.

import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { KafkaLog } from '#log';
import { Published, Replay } from '#projection';
import { nativeCrypto } from '#signing';
import { Random } from '../../fixtures/random.js';
import { Cluster } from '../cluster.js';
import { ClusterClient, seenThrough } from '../cluster-client.js';
import { Clients, type Sightings } from './clients.js';
import { faultKinds, mountDisk, type Stage, unmountDisk } from './kinds.js';
import { Load } from './load.js';

/** The longest rest between two faults, in milliseconds. One in so many comes while another lasts. */
const REST_MS = 3_000;
const TOGETHER_ONCE_IN = 6;
/** After one fault in so many, publication is waited for before the next: the ledger must go on by itself. */
const RECOVERY_ONCE_IN = 2;
/** How long the ledger may take to publish again, and to publish the last upload, in milliseconds. */
const RECOVERY_LIMIT_MS = 180_000;
const LOOK_MS = 200;
const TOPIC = 'tuf-ledger';
const ALL = { maxBytes: 64 * 1024 * 1024, maxEntries: 100_000, waitMs: 0 };

export interface FaultRunOptions {
  readonly folder: string;
  readonly seed: number;
  readonly faults: number;
  readonly bins: number;
  /** Whether services are paused for a minute now and then. */
  readonly long: boolean;
  readonly say: (text: string) => void;
}

/** What the topic holds. */
interface TopicReport {
  readonly records: number;
  readonly noise: number;
  readonly states: number;
}

/** What came of a run. */
export interface FaultReport extends TopicReport {
  readonly seed: number;
  readonly at: string;
  readonly seconds: number;
  readonly bins: number;
  /** Faults by kind. */
  readonly faults: Readonly<Record<string, number>>;
  readonly uploads: {
    readonly acknowledged: number;
    readonly published: number;
    readonly lost: number;
    readonly requestsSentAgain: number;
  };
  readonly clients: Readonly<Record<'python-tuf' | 'own', ClientReport>>;
  /** Files of the newest state that were compared with the fold of the topic, before and after all that is derived was dropped. */
  readonly filesCompared: readonly number[];
}

interface ClientReport {
  readonly refreshes: number;
  readonly states: number;
  readonly invalid: number;
}

/** Plays a run. @throws Error that says which promise was broken. */
export async function runFaults(options: FaultRunOptions): Promise<FaultReport> {
  const disk = join(options.folder, 'repository');
  await mkdir(disk, { recursive: true });
  const hasDisk = mountDisk(disk);
  if (!hasDisk)
    options.say('The disk is not filled: this user may not mount one (run as root to have that fault too).');
  try {
    return await new FaultRun(options, hasDisk).play();
  } finally {
    if (hasDisk) unmountDisk(disk);
  }
}

class FaultRun {
  private readonly random: Random;
  private readonly counts: Record<string, number> = {};
  private readonly began = Date.now();
  private topic: TopicReport = { records: 0, noise: 0, states: 0 };

  constructor(
    private readonly options: FaultRunOptions,
    private readonly hasDisk: boolean,
  ) {
    this.random = new Random(options.seed);
  }

  async play(): Promise<FaultReport> {
    const { folder, bins } = this.options;
    const cluster = await Cluster.start({
      folder,
      ports: 'free',
      opening: ['--bins', String(bins)],
      links: true,
      restarts: true,
    });
    try {
      const clients = await Clients.open(cluster.volume('repository'), join(folder, 'clients'));
      try {
        return await this.withClients(cluster, clients);
      } finally {
        await clients.close();
      }
    } finally {
      await cluster.stop();
    }
  }

  private async withClients(cluster: Cluster, clients: Clients): Promise<FaultReport> {
    const load = new Load(await ClusterClient.of(cluster));
    let over = false;
    const isOver = () => over;
    const loading = load.run(isOver);
    const polling = clients.run(isOver);
    const failed = Promise.all([loading, polling]).then(() => undefined);
    failed.catch(() => undefined);
    try {
      await Promise.race([this.strikeAll(cluster, clients), failed]);
    } finally {
      over = true;
    }
    await failed;
    for (const [name, { invalid }] of Object.entries({ 'python-tuf': clients.python, own: clients.own }))
      if (invalid.length > 0)
        throw new Error(`${name} was shown what is not right: ${invalid.slice(0, 3).join('; ')}`);
    return this.conclude(cluster, clients, load);
  }

  private async strikeAll(cluster: Cluster, clients: Clients): Promise<void> {
    const { random, options } = this;
    const kinds = faultKinds(this.hasDisk);
    const stage: Stage = { cluster, random, long: options.long };
    for (let count = 1; count <= options.faults; count++) {
      const kind = random.pick(kinds);
      const { about, over } = kind.strike(stage);
      options.say(`fault ${count} of ${options.faults}: ${kind.name} (${about})`);
      this.counts[kind.name] = (this.counts[kind.name] ?? 0) + 1;
      const together = random.oneIn(TOGETHER_ONCE_IN) && kind.name.startsWith('network');
      if (together) over.catch(() => undefined);
      else await over;
      if (!together && random.oneIn(RECOVERY_ONCE_IN)) await this.recovered(clients, kind.name);
      await wait(random.below(REST_MS));
    }
  }

  /** Waits until a state later than the newest is seen. */
  private async recovered(clients: Clients, fault: string): Promise<void> {
    const before = Math.max(...clients.own.states);
    const until = Date.now() + RECOVERY_LIMIT_MS;
    while (Math.max(...clients.own.states) <= before) {
      if (Date.now() > until)
        throw new Error(`Nothing was published for ${RECOVERY_LIMIT_MS} ms after: ${fault}`);
      await wait(LOOK_MS);
    }
  }

  private async conclude(cluster: Cluster, clients: Clients, load: Load): Promise<FaultReport> {
    const { say } = this.options;
    say('All faults are over; waiting until the last upload is published.');
    const published = await this.untilPublished(clients, load.acknowledged);
    const compared = [await this.compare(cluster)];
    say('Dropping all that is derived.');
    for (const service of cluster.services.values()) await service.end('SIGKILL');
    await (await ClusterClient.of(cluster)).dropProjections();
    await emptyFolder(cluster.volume('repository'));
    for (const service of cluster.services.values()) service.launch();
    await cluster.ready();
    await this.untilPublished(clients, load.acknowledged);
    compared.push(await this.compare(cluster));
    return this.report(clients, load, published, compared);
  }

  /** Waits until clients are shown all of these paths; gives how many they are shown in the end. */
  private async untilPublished(clients: Clients, paths: readonly string[]): Promise<number> {
    const until = Date.now() + RECOVERY_LIMIT_MS;
    for (;;) {
      const seen = await clients.seen().catch(() => undefined);
      const missing = paths.filter(path => !seen?.targets.has(path));
      if (missing.length === 0) return paths.length;
      if (Date.now() > until)
        throw new Error(`${missing.length} acknowledged uploads are not published, such as ${missing[0]}.`);
      await wait(LOOK_MS);
    }
  }

  /** Compares the newest state's files with what the topic gives, once that is served; gives their number. */
  private async compare(cluster: Cluster): Promise<number> {
    const until = Date.now() + RECOVERY_LIMIT_MS;
    for (;;) {
      const derived = await foldTopic(cluster);
      const served = await clientFiles(cluster.volume('repository'));
      if (served.has(`${derived.topic.states}.snapshot.json`)) {
        this.topic = derived.topic;
        for (const [name, bytes] of served)
          if (Buffer.compare(derived.files.get(name) ?? new Uint8Array(), bytes) !== 0)
            throw new Error(`${name} is not what the topic gives.`);
        return served.size;
      }
      if (Date.now() > until) throw new Error(`State ${derived.topic.states} of the topic is not served.`);
      await wait(LOOK_MS);
    }
  }

  private report(
    clients: Clients,
    load: Load,
    published: number,
    filesCompared: readonly number[],
  ): FaultReport {
    const acknowledged = load.acknowledged.length;
    return {
      seed: this.options.seed,
      at: new Date(this.began).toISOString(),
      seconds: Math.round((Date.now() - this.began) / 1000),
      bins: this.options.bins,
      faults: this.counts,
      uploads: { acknowledged, published, lost: acknowledged - published, requestsSentAgain: load.retries },
      clients: { 'python-tuf': clientReport(clients.python), own: clientReport(clients.own) },
      ...this.topic,
      filesCompared,
    };
  }
}

function clientReport({ polls, states, invalid }: Sightings): ClientReport {
  return { refreshes: polls, states: states.size, invalid: invalid.length };
}

/** Versions of a role that are kept while the topic is folded: all files of a long run don't fit the memory. */
const KEPT_VERSIONS = 4;

/** The newest files that follow from the topic, by name. */
async function foldTopic(
  cluster: Cluster,
): Promise<{ topic: TopicReport; files: ReadonlyMap<string, Uint8Array> }> {
  const { ledger } = JSON.parse(await readFile(cluster.ledger.ledgerFile, 'utf8'));
  const replay = new Replay(ledger, nativeCrypto);
  const published = new Published();
  const counts = { records: 0, noise: 0 };
  const kept = new Map<string, string[]>();
  for await (const value of valuesOf(cluster)) {
    const effects = replay.next(value);
    counts[effects ? 'records' : 'noise']++;
    for (const { name } of effects ? published.take(effects) : []) {
      // The timestamp has no version in its name: the newest takes the place of the one before.
      const role = name.replace(/^[0-9]+\./, '');
      if (role === name) continue;
      const names = [...(kept.get(role) ?? []), name];
      while (names.length > KEPT_VERSIONS) published.files.delete(names.shift()!);
      kept.set(role, names);
    }
  }
  return { topic: { ...counts, states: published.state?.state ?? 0 }, files: published.files };
}

async function* valuesOf(cluster: Cluster): AsyncGenerator<Uint8Array> {
  const log = await KafkaLog.open({ brokers: [cluster.broker.address], clientId: 'fold' }, { topic: TOPIC });
  try {
    for (let next = 0; ; ) {
      const entries = await log.read(next, ALL);
      if (entries.length === 0) return;
      for (const { value } of entries) yield value;
      next = entries.at(-1)!.offset + 1;
    }
  } finally {
    await log.close();
  }
}

/** The files that a client of the newest state needs, as they lie in the folder. */
async function clientFiles(folder: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  await seenThrough(async name => {
    const bytes = new Uint8Array(await readFile(join(folder, name)));
    files.set(name, bytes);
    return bytes;
  });
  return files;
}

/** Removes what lies in a folder; the folder itself is a disk. */
async function emptyFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
}
