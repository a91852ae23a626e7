// What can befall a running ledger. Each fault begins, lasts, and is over when its promise resolves; what it broke works again then, or
// is being started.

import { execFileSync } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../../fixtures/random.js';
import type { Cluster } from '../cluster.js';

/** How long things are down, cut off or full at most, in milliseconds. */
const DOWN_MS = 3_000;
const LEADER_DOWN_MS = 10_000;
const CUT_MS = 15_000;
const FULL_MS = 6_000;
/** Services are paused for up to this long, and now and then for the longest. */
const PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_ONCE_IN = 5;

export interface Stage {
  readonly cluster: Cluster;
  readonly random: Random;
  /** Whether pauses of a minute are among them. */
  readonly long: boolean;
}

export interface FaultKind {
  readonly name: string;
  /** Begins it at once; gives what it is about, and its end. */
  readonly strike: (stage: Stage) => { readonly about: string; readonly over: Promise<void> };
}

const KINDS: readonly FaultKind[] = [
  { name: 'service killed', strike: killService },
  { name: 'service killed', strike: killService },
  { name: 'service paused', strike: pauseService },
  { name: 'all brokers killed', strike: killBrokers },
  { name: 'Postgres killed', strike: killPostgres },
  { name: 'network to Kafka cut', strike: stage => cutNetwork(stage, 'kafka') },
  { name: 'network to Postgres cut', strike: stage => cutNetwork(stage, 'postgres') },
  { name: 'everything killed at once', strike: killEverything },
];
const DISK_FULL: FaultKind = { name: 'disk of the repository full', strike: fillDisk };

const LEADER_KILLED: FaultKind = { name: 'leader of three brokers killed', strike: killLeader };
const TOPIC = 'tuf-ledger';

/** The kinds that are possible: `disk` says whether the repository is on a disk that can be filled. */
export function faultKinds(disk: boolean, brokers: number): readonly FaultKind[] {
  const replicated = brokers > 1 ? [LEADER_KILLED, LEADER_KILLED] : [];
  return [...KINDS, ...replicated, ...(disk ? [DISK_FULL] : [])];
}

/** The fault that a run begins with: a short one too has that for which there is more than one broker. */
export function firstKind(kinds: readonly FaultKind[], random: Random): FaultKind {
  return kinds.includes(LEADER_KILLED) ? LEADER_KILLED : random.pick(kinds);
}

function pickService({ cluster, random }: Stage) {
  return random.pick([...cluster.services.values()]);
}

function killService(stage: Stage) {
  const service = pickService(stage);
  const down = stage.random.below(DOWN_MS);
  const kill = async () => {
    await service.end('SIGKILL');
    await wait(down);
    service.launch();
  };
  return { about: `${service.start.name}, ${down} ms`, over: kill() };
}

function pauseService(stage: Stage) {
  const { random, long } = stage;
  const service = pickService(stage);
  const ms = long && random.oneIn(LONGEST_PAUSE_ONCE_IN) ? LONGEST_PAUSE_MS : random.below(PAUSE_MS);
  const pause = async () => {
    service.signal('SIGSTOP');
    await wait(ms);
    service.signal('SIGCONT');
  };
  return { about: `${service.start.name}, ${ms} ms`, over: pause() };
}

function killBrokers({ cluster, random }: Stage) {
  const down = random.below(DOWN_MS);
  const kill = async () => {
    await cluster.brokers.kill();
    await wait(down);
    await cluster.brokers.restart();
  };
  return { about: `${down} ms`, over: kill() };
}

/** The others go on without it for longer than a new leader takes. */
function killLeader({ cluster, random }: Stage) {
  const down = LEADER_DOWN_MS + random.below(DOWN_MS);
  const kill = async () => {
    const leader = (await cluster.brokers.leaderOf(TOPIC)) ?? cluster.brokers.first;
    await leader.kill();
    await wait(down);
    await leader.restart();
  };
  return { about: `${down} ms`, over: kill() };
}

function killPostgres({ cluster, random }: Stage) {
  const down = random.below(DOWN_MS);
  const kill = async () => {
    await cluster.postgres.kill();
    await wait(down);
    await cluster.postgres.restart();
  };
  return { about: `${down} ms`, over: kill() };
}

function cutNetwork({ cluster, random }: Stage, to: 'kafka' | 'postgres') {
  const name = random.pick([...cluster.services.keys()]);
  const ms = 1_000 + random.below(CUT_MS);
  const way = cluster.links.way(name, to);
  const cut = async () => {
    way.cut();
    await wait(ms);
    way.heal();
  };
  return { about: `${name}, ${ms} ms`, over: cut() };
}

function killEverything({ cluster, random }: Stage) {
  const services = [...cluster.services.values()];
  const down = random.below(DOWN_MS);
  const kill = async () => {
    await Promise.all([
      ...services.map(service => service.end('SIGKILL')),
      cluster.brokers.kill(),
      cluster.postgres.kill(),
    ]);
    await wait(down);
    for (const service of services) service.launch();
    await Promise.all([cluster.brokers.restart(), cluster.postgres.restart()]);
  };
  return { about: `${down} ms`, over: kill() };
}

function fillDisk({ cluster, random }: Stage) {
  const ms = 1_000 + random.below(FULL_MS);
  const disk = cluster.volume('repository');
  const fill = async () => {
    // The size that is used already: nothing more can be written.
    const used = execFileSync('df', ['--output=used', '-k', disk], { encoding: 'utf8' })
      .split('\n')[1]!
      .trim();
    resize(disk, `${used}k`);
    await wait(ms);
    resize(disk, DISK_SIZE);
  };
  return { about: `${ms} ms`, over: fill() };
}

/** More than any run writes. */
const DISK_SIZE = '8g';

/** Puts a disk of its own at a folder, which `fillDisk` can fill; false where this user may not. */
export function mountDisk(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_SIZE}`, 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export function unmountDisk(folder: string): void {
  execFileSync('umount', [folder], { stdio: 'ignore' });
}

function resize(folder: string, size: string): void {
  execFileSync('mount', ['-o', `remount,size=${size}`, folder], { stdio: 'ignore' });
}
