// What happens in a history, in order: what people and machines around the ledger do, and how long the services run in between.
// Plain data, drawn from the seed before anything runs, so that parts can be left out and the rest stays as it is.

import { SERVICES } from '#host';
import type { LedgerEvent, RawEvent } from '#ledger';
import type { Random } from '../fixtures/random.js';
import { randomEvent } from '../fixtures/random-history.js';
import { STORES, type StoreName } from './database.js';
import type { Rekeying } from './keyholders.js';
import type { Setting } from './setting.js';

type AnyEvent = LedgerEvent | RawEvent;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Processes are named by a number, taken modulo how many there are. */
export type Action =
  /** A client posts events to a gateway. */
  | { readonly kind: 'post'; readonly gateway: number; readonly events: readonly AnyEvent[] }
  /** A client posts again what it was not told the end of. */
  | { readonly kind: 'post again'; readonly gateway: number }
  /** A ready envelope is given to a gateway; or an old one once more. */
  | {
      readonly kind: 'relay';
      readonly gateway: number;
      readonly events: readonly AnyEvent[];
      readonly old: boolean;
    }
  /** An index backend appends straight to the log. */
  | { readonly kind: 'append'; readonly events: readonly AnyEvent[] }
  /** Somebody writes what is no record, or a value that is there already. */
  | { readonly kind: 'noise'; readonly bytes: Uint8Array | undefined; readonly back: number }
  | { readonly kind: 'late values land' }
  | { readonly kind: 'kill' | 'stop'; readonly process: number; readonly downMs: number }
  | { readonly kind: 'suspend'; readonly process: number; readonly ms: number }
  | { readonly kind: 'time passes'; readonly ms: number }
  /** A process's clock is off by so much from now on. */
  | { readonly kind: 'clock'; readonly process: number; readonly offMs: number }
  /** It takes back its last commits, and is away for a while. */
  | { readonly kind: 'postgres crashes'; readonly commits: number; readonly downMs: number }
  | { readonly kind: 'power cut'; readonly commits: number; readonly draw: number; readonly downMs: number }
  /** As operators may: all processes are stopped, the derived is deleted, and they start again. */
  | { readonly kind: 'drop'; readonly stores: readonly StoreName[] }
  | { readonly kind: 'delete files' }
  | { readonly kind: 'delete the fold of the signer' }
  | { readonly kind: 'offline keys sign' }
  /** Keyholders give a role other keys. */
  | ({ readonly kind: 'rekey' } & Rekeying)
  /** The log comes back without its last values, and perhaps the projections are folded anew, as they should be then. */
  | { readonly kind: 'fork'; readonly values: number; readonly rebuild: boolean }
  /** A client that stopped long ago updates. */
  | { readonly kind: 'old client'; readonly client: number };

export interface ScriptStep {
  /** Turns that the services take before it. */
  readonly turns: number;
  readonly action: Action;
}

export function drawScript(random: Random, steps: number, setting: Setting): ScriptStep[] {
  const script = Array.from({ length: steps }, () => ({
    turns: drawTurns(random),
    action: drawAction(random, setting),
  }));
  if (setting.opensLate) {
    const at = random.below(Math.ceil(steps / 2));
    script.splice(at, 0, { turns: drawTurns(random), action: { kind: 'offline keys sign' } });
  }
  for (let i = 0; i < setting.rekeyings; i++) {
    const action: Action = {
      kind: 'rekey',
      role: random.below(100),
      keys: [random.below(9), random.below(9)],
    };
    script.splice(random.below(steps), 0, { turns: drawTurns(random), action });
  }
  if (setting.mayFork) {
    const at = Math.floor(steps / 2) + random.below(Math.ceil(steps / 3));
    script.splice(at, 0, { turns: drawTurns(random), action: drawFork(random) });
  }
  return script;
}

function drawFork(random: Random): Action {
  return { kind: 'fork', values: 1 + random.below(6), rebuild: random.oneIn(2) };
}

/** Mostly few, so that things happen in the middle of others; sometimes enough for a state to be published. */
function drawTurns(random: Random): number {
  return random.pick([0, 1 + random.below(10), 1 + random.below(30), random.below(120)]);
}

function drawAction(random: Random, setting: Setting): Action {
  const process = random.below(100);
  const gateway = random.below(setting.gateways);
  const events = Array.from({ length: 1 + random.below(3) }, () => randomEvent(random));
  const downMs = random.pick([0, 100, SECOND, 10 * SECOND, HOUR]);
  const commits = random.below(8);
  const common: Action[] = [
    { kind: 'post', gateway, events },
    { kind: 'post', gateway, events },
    { kind: 'append', events },
    { kind: 'kill', process, downMs },
    { kind: 'kill', process, downMs },
    { kind: 'time passes', ms: random.pick([1, SECOND, 31 * SECOND, HOUR]) },
  ];
  const rare: Action[] = [
    { kind: 'post again', gateway },
    { kind: 'relay', gateway, events, old: random.oneIn(3) },
    { kind: 'noise', bytes: random.oneIn(2) ? drawBytes(random) : undefined, back: random.below(5) },
    { kind: 'late values land' },
    { kind: 'stop', process, downMs },
    { kind: 'suspend', process, ms: random.pick([SECOND, MINUTE, HOUR, 3 * DAY]) },
    { kind: 'time passes', ms: random.pick([6 * HOUR, DAY, 3 * DAY]) },
    {
      kind: 'clock',
      process,
      offMs: random.pick([-3 * HOUR, -MINUTE, -SECOND, 0, 0, SECOND, 2 * MINUTE, HOUR]),
    },
    { kind: 'postgres crashes', commits, downMs: random.pick([300, 2 * SECOND]) },
    { kind: 'old client', client: random.below(3) },
    random.pick<Action>([
      { kind: 'power cut', commits, draw: random.below(1_000), downMs },
      { kind: 'drop', stores: random.pick([SERVICES, [random.pick(SERVICES)], STORES]) },
      { kind: 'delete files' },
      { kind: 'delete the fold of the signer' },
    ]),
  ];
  return random.pick(random.oneIn(2) ? common : rare);
}

function drawBytes(random: Random): Uint8Array {
  return Uint8Array.from({ length: random.below(100) }, () => random.below(256));
}
