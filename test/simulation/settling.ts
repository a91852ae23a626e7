// The end of a history: nothing goes wrong any more, everything runs, and clocks are right. Then all that was promised must come
// true within a bounded number of turns.

import { SERVICES, schemaName } from '#host';
import { fromUtf8 } from '#tuf';
import { upload } from '../fixtures/test-ledger.js';
import { firstExpiry } from './client.js';
import { SCHEMA_PREFIX } from './database.js';
import { expectedRows } from './expected-rows.js';
import { storedRows } from './stored-rows.js';
import { demand } from './violation.js';
import type { World } from './world.js';

/** Turns within which the last upload must be published. */
const SETTLING_TURNS = 8_000;
/** Turns that services get after a fork, when most of them have stopped. */
const FORKED_TURNS = 600;

/** @throws Violation */
export async function settle(world: World): Promise<void> {
  await calm(world);
  if (world.truth.isForked) {
    for (let turn = 0; turn < FORKED_TURNS; turn++) await world.turn();
    return;
  }
  const { oracle, position } = sayLast(world);
  const { taken } = world.turns;
  while (!isSettled(world, position)) {
    const isLate = world.turns.taken - taken > SETTLING_TURNS;
    demand(
      !isLate,
      'liveness',
      () => `the last upload is not published after ${SETTLING_TURNS} turns: ${world.standing()}.`,
    );
    if (!(await world.turn())) skipToCut(world);
  }
  world.answers.check(oracle());
  await checkRows(world);
  checkClients(world);
}

/** Ends all trouble. */
async function calm(world: World): Promise<void> {
  world.note('--- from here on nothing goes wrong ---');
  world.faults.active = false;
  world.clocks.clear();
  world.pace.slow();
  const { topic } = world;
  topic.land();
  topic.push([world.opening.offline]);
  for (const { machine } of world.running.values()) machine.asleepUntil = 0;
  for (const name of world.restarts.keys()) world.restarts.set(name, world.time.now);
}

/** An upload of which nobody may lose sight. */
function sayLast(world: World) {
  world.topic.push([world.index.next([upload('six', 'last.whl')])]);
  const oracle = () => world.truth.now;
  return { oracle, position: oracle().size - 1 };
}

function isSettled(world: World, position: number): boolean {
  const { now: oracle } = world.truth;
  const { database } = world;
  const { state } = oracle.published;
  return (
    state !== undefined &&
    state.cut > position &&
    world.audience.client.version === state.state &&
    !world.audience.filesAreDamaged &&
    database.position('repository') === state.position + 1 &&
    SERVICES.every(service => database.position(service) === oracle.size)
  );
}

/** A cut that was made by a clock that was ahead is signed only when its time has come (DESIGN law 11). */
function skipToCut(world: World): void {
  const { lastCut } = world.truth.now.replay.state.root;
  const ahead = (lastCut?.at ?? 0) - world.now;
  if (ahead > 0) world.time.now += ahead;
}

async function checkRows(world: World): Promise<void> {
  for (const service of SERVICES) {
    const expected = expectedRows(world.truth.now, service);
    const stored = await storedRows(world.database.sources[service], service);
    for (const [table, lines] of Object.entries(expected)) {
      const missing = lines.filter(line => !stored[table]!.includes(line));
      const other = stored[table]!.filter(line => !lines.includes(line));
      demand(
        missing.length + other.length === 0 && lines.length === stored[table]!.length,
        'rows are the effects of the log',
        () =>
          [
            `${schemaName(SCHEMA_PREFIX, service)}.${table} differs.`,
            ...missing.map(row => `  missing: ${row}`),
            ...other.map(row => `  instead: ${row}`),
          ].join('\n'),
      );
    }
  }
}

function checkClients({ audience, disk, truth, now }: World): void {
  audience.lookAll();
  const seen = audience.client.repository!;
  demand(firstExpiry(disk.files, seen) * 1000 > now, 'liveness', () => 'what is published has expired.');
  for (const [name, bytes] of disk.files) {
    // A torn file of an old state stays: nothing that is published refers to it, and no client asks for it.
    if (name === 'timestamp.json' || disk.damaged.has(name)) continue;
    const expected = truth.now.published.files.get(name);
    const same = expected !== undefined && fromUtf8(expected) === fromUtf8(bytes);
    demand(same, 'published bytes', () => `${name} is not what the fold of the log gives.`);
  }
}
