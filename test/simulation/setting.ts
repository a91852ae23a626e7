// What a history is played on: how large the ledger is, which processes there are, and how much goes wrong.

import { SERVICES, type ServiceName } from '#host';
import { type Shard, shardOf } from '#projection';
import type { Random } from '../fixtures/random.js';
import type { FaultRates, Resource } from './faults.js';
import type { OpeningChoice } from './opening.js';

const DAY_SECONDS = 86_400;
const RESOURCES: readonly Resource[] = ['log', 'store', 'files', 'disk', 'key'];
/** Of so many operations one fails; none where undefined. */
const RATES = [undefined, undefined, 300, 100, 40];
const SHARDS = [1, 1, 2, 2];
const MAX_REKEYINGS = 5;

export interface Setting {
  readonly opening: OpeningChoice;
  /** All services in one process and one reading, or each in a process of its own. */
  readonly together: boolean;
  /** Into how many shards projector-targets is divided where services are apart. */
  readonly shards: number;
  readonly gateways: 1 | 2;
  /** A service of which a second process runs on the same schema. */
  readonly twin: ServiceName | undefined;
  readonly rates: FaultRates;
  /** Whether the log may lose its tail, as after a restore: then only safety is asked for, since services stop. */
  readonly mayFork: boolean;
  /** How often keyholders give a role other keys. */
  readonly rekeyings: number;
  /** Whether the offline keys sign the opening only in the middle of the history. */
  readonly opensLate: boolean;
}

/** `shards` and `rekeyings` draw for themselves: they came later, and histories from before stay what they were. */
export function drawSetting(random: Random, shards: Random, rekeyings: Random): Setting {
  return {
    opening: {
      bins: random.pick([2, 4, 8]),
      onlineKeys: random.pick([1, 1, 2]),
      lifetime: random.pick([1, 1, 7]) * DAY_SECONDS,
    },
    together: random.oneIn(2),
    shards: shards.pick(SHARDS),
    gateways: random.oneIn(3) ? 2 : 1,
    twin: random.oneIn(5) ? random.pick(SERVICES) : undefined,
    rates: Object.fromEntries(RESOURCES.map(resource => [resource, random.pick(RATES)])),
    mayFork: random.oneIn(10),
    opensLate: random.oneIn(5),
    rekeyings: rekeyings.oneIn(3) ? 1 + rekeyings.below(MAX_REKEYINGS) : 0,
  };
}

/** A process: what of the ledger's services runs in it. */
export interface ProcessPlan {
  readonly name: string;
  /** The stream that its gateway and scheduler write to, if it has one. */
  readonly gateway?: string;
  readonly services: readonly ServiceName[];
  /** The bins that its projector-targets folds, where it doesn't fold all. */
  readonly shard?: Shard;
  readonly signer?: boolean;
  readonly repository?: boolean;
}

export function processesOf(setting: Setting): ProcessPlan[] {
  const { together, gateways, twin } = setting;
  const plans: ProcessPlan[] = together
    ? [{ name: 'ledger', gateway: 'one', services: SERVICES, signer: true, repository: true }]
    : [
        { name: 'gateway', gateway: 'one', services: [] },
        ...SERVICES.filter(service => service !== 'targets').map(service => ({
          name: service,
          services: [service],
        })),
        ...shardProcesses(setting),
        { name: 'signer', services: [], signer: true },
        { name: 'repository', services: [], repository: true },
      ];
  if (gateways === 2) plans.push({ name: 'gateway two', gateway: 'two', services: [] });
  const shard = plans.find(({ services }) => services[0] === twin)?.shard;
  if (twin) plans.push({ name: `second ${twin}`, services: [twin], ...(shard && { shard }) });
  return plans;
}

function shardProcesses({ shards, opening }: Setting): ProcessPlan[] {
  if (shards === 1) return [{ name: 'targets', services: ['targets'] }];
  return Array.from({ length: shards }, (_, i) => ({
    name: `targets ${i + 1}/${shards}`,
    services: ['targets'],
    shard: shardOf({ nth: i + 1, of: shards }, opening.bins)!,
  }));
}
