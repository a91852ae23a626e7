// A ledger on Kafka that is uploaded to and polled without a pause, while one fault after the other befalls it. At the end nothing
// that was acknowledged is missing, and all bytes are those that follow from the topic.

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Random } from '../../fixtures/random.js';
import { Cluster } from '../cluster.js';
import { ClusterClient } from '../cluster-client.js';
import { Clients, type Sightings } from './clients.js';
import { faultKinds, firstKind, mountDisk, type Stage, unmountDisk } from './kinds.js';
import { Load } from './load.js';
import { compareWithTopic, type TopicReport } from './topic-fold.js';

/** The longest rest between two faults, in milliseconds. One in so many comes while another lasts. */
const REST_MS = 3_000;
const TOGETHER_ONCE_IN = 6;
/** After one fault in so many, publication is waited for before the next: the ledger must go on by itself. */
const RECOVERY_ONCE_IN = 2;
/** How long the ledger may take to publish again, and to publish the last upload, in milliseconds. */
const RECOVERY_LIMIT_MS = 180_000;
const LOOK_MS = 200;

export interface FaultRunOptions {
  readonly folder: string;
  readonly seed: number;
  readonly faults: number;
  readonly bins: number;
  readonly brokers: 1 | 3;
  /** Whether services are paused for a minute now and then. */
  readonly long: boolean;
  readonly say: (text: string) => void;
}

/** What came of a run. */
export interface FaultReport extends TopicReport {
  readonly seed: number;
  readonly at: string;
  readonly seconds: number;
  readonly bins: number;
  readonly brokers: number;
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
    const { folder, bins, brokers } = this.options;
    const cluster = await Cluster.start({
      folder,
      ports: 'free',
      opening: ['--bins', String(bins)],
      brokers,
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
    const kinds = faultKinds(this.hasDisk, options.brokers);
    const stage: Stage = { cluster, random, long: options.long };
    for (let count = 1; count <= options.faults; count++) {
      const kind = count === 1 ? firstKind(kinds, random) : random.pick(kinds);
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
    const { topic, files } = await compareWithTopic(cluster, RECOVERY_LIMIT_MS);
    this.topic = topic;
    return files;
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
      brokers: this.options.brokers,
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

/** Removes what lies in a folder; the folder itself is a disk. */
async function emptyFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
}
