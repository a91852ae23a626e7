// What the actions of a script do to a world. One that makes no sense where it stands (the process is down) does nothing, so that
// any part of a script is a script.

import { eventJson as canonicalEvent, type LedgerEvent, type RawEvent } from '#ledger';
import { MemoryTopic } from '#log';
import { STORES } from './database.js';
import { appendTrying } from './index-backend.js';
import { rekey } from './keyholders.js';
import type { Action } from './script.js';
import type { ServiceProcess } from './service-process.js';
import type { World } from './world.js';

const ALL = Number.MAX_SAFE_INTEGER;

/** The opening and the signatures over it, which no disaster takes. */
const FIRST_VALUES = 2;

export async function perform(world: World, action: Action): Promise<void> {
  world.pace.slow();
  switch (action.kind) {
    case 'post':
      return post(world, action.gateway, action.events);
    case 'post again':
      return postAgain(world, action.gateway);
    case 'relay':
      return relay(world, action);
    case 'append': {
      const value = world.index.next(action.events);
      return world.append(log => appendTrying(log, value));
    }
    case 'noise':
      return writeNoise(world, action);
    case 'late values land':
      return world.topic.land();
    case 'kill':
      return world.kill(nameOf(world, action.process), action.downMs);
    case 'stop':
      return world.stop(nameOf(world, action.process), action.downMs);
    case 'suspend':
      return suspend(world, action);
    case 'time passes':
      world.time.now += action.ms;
      return;
    case 'clock':
      world.clocks.set(nameOf(world, action.process), action.offMs);
      return;
    case 'postgres crashes':
      return world.crashPostgres(action.commits, action.downMs);
    case 'power cut':
      return cutPower(world, action);
    case 'drop':
      return drop(world, action);
    case 'delete files':
      return deleteFiles(world);
    case 'delete the fold of the signer':
      return deleteFold(world);
    case 'offline keys sign':
      world.topic.push([world.opening.offline]);
      return;
    case 'rekey':
      return rekey(world, action);
    case 'fork':
      return fork(world, action);
    case 'old client':
      world.audience.comeBack(action.client);
      return;
  }
}

function nameOf({ plans }: World, process: number): string {
  return plans[process % plans.length]!.name;
}

function gatewayOf({ plans, running }: World, gateway: number): ServiceProcess | undefined {
  return running.get(plans.filter(plan => plan.gateway !== undefined)[gateway]!.name);
}

async function post(
  world: World,
  gateway: number,
  events: Extract<Action, { kind: 'post' }>['events'],
): Promise<void> {
  const process = gatewayOf(world, gateway);
  world.answers.open.add(events);
  if (!process) return;
  const answered = (places: readonly { position: number; event: number }[]) => {
    world.answers.open.delete(events);
    world.answers.answer(events, places);
    world.note(
      `a client is answered: ${places.map(({ position, event }) => `${position}.${event}`).join(' ')}`,
    );
  };
  await world.enter(process.machine, () => {
    const request = process.publisher!.publish(events.map(eventJson));
    void request.then(answered, error => world.note(`a client is refused: ${error.message}`));
  });
}

async function postAgain(world: World, gateway: number): Promise<void> {
  const [events] = world.answers.open;
  if (events) await post(world, gateway, events);
}

async function relay(
  world: World,
  { gateway, events, old }: Extract<Action, { kind: 'relay' }>,
): Promise<void> {
  const process = gatewayOf(world, gateway);
  const value = old ? world.opening.offline : world.relayed.next(events);
  if (!process) return;
  await world.enter(process.machine, () => {
    const relayed = process.relay!.relay(value);
    void relayed.then(
      ({ places }) => (old ? undefined : world.answers.answer(events, places)),
      error => world.note(`an envelope is refused: ${error.message}`),
    );
  });
}

function writeNoise({ topic }: World, { bytes, back }: Extract<Action, { kind: 'noise' }>): void {
  const [old] = topic.page(Math.max(0, topic.end - 1 - back), 1, 1);
  topic.push([bytes ?? old!.value]);
}

function suspend(world: World, { process, ms }: Extract<Action, { kind: 'suspend' }>): void {
  const running = world.running.get(nameOf(world, process));
  if (running) running.machine.asleepUntil = world.time.now + ms;
}

async function killAll(world: World, downMs: number): Promise<void> {
  for (const name of [...world.running.keys()]) await world.kill(name, downMs);
}

async function cutPower(
  world: World,
  { commits, draw, downMs }: Extract<Action, { kind: 'power cut' }>,
): Promise<void> {
  const random = world.chance.at('power', draw);
  await killAll(world, downMs);
  await world.crashPostgres(commits, 0);
  world.signerDisk.cutPower(random);
  world.audience.filesAreDamaged = true;
  world.disk.cutPower(random);
}

async function drop(world: World, { stores }: Extract<Action, { kind: 'drop' }>): Promise<void> {
  await killAll(world, 0);
  for (const store of stores) await world.database.emptyStore(store);
}

async function deleteFiles(world: World): Promise<void> {
  const owner = world.plans.find(plan => plan.repository)!;
  await world.kill(owner.name, 0);
  world.audience.filesAreDamaged = true;
  world.disk.files.clear();
}

async function deleteFold(world: World): Promise<void> {
  const owner = world.plans.find(plan => plan.signer)!;
  await world.kill(owner.name, 0);
  world.signerDisk.erase('fold');
  world.signerDisk.erase('bin/');
}

/** A log that comes back from a copy stops everything for a while. */
async function fork(world: World, { values, rebuild }: Extract<Action, { kind: 'fork' }>): Promise<void> {
  await killAll(world, 0);
  if (rebuild) for (const store of STORES) await world.database.emptyStore(store);
  const { topic } = world;
  const kept = Math.max(FIRST_VALUES, topic.end - values);
  const copy = new MemoryTopic();
  copy.push(topic.page(0, kept, ALL).map(({ value }) => value));
  world.topic = copy;
  world.truth.fork(copy);
}

function eventJson(event: LedgerEvent | RawEvent): RawEvent {
  return canonicalEvent(event as LedgerEvent);
}
