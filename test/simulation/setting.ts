// What a history is played on: how large the ledger is, which processes there are, and how much goes wrong.

import { SERVICES, type ServiceName } from '#host';
import type { Random } from '../fixtures/random.js';
import type { FaultRates, Resource } from './faults.js';
import type { OpeningChoice } from './opening.js';

const DAY_SECONDS = 86_400;
const RESOURCES: readonly Resource[] = ['log', 'store', 'files', 'disk', 'key'];
/** Of so many operations one fails; none where undefined. */
const RATES = [undefined, undefined, 300, 100, 40];

export interface Setting {
  readonly opening: OpeningChoice;
  /** All services in one process and one reading, or each in a process of its own. */
  readonly together: boolean;
  readonly gateways: 1 | 2;
  /** A service of which a second process runs on the same schema. */
  readonly twin: ServiceName | undefined;
  readonly rates: FaultRates;
  /** Whether the log may lose its tail, as after a restore: then only safety is asked for, since services stop. */
  readonly mayFork: boolean;
  /** Whether the offline keys sign the opening only in the middle of the history. */
  readonly opensLate: boolean;
}

export function drawSetting(random: Random): Setting {
  return {
    opening: {
      bins: random.pick([2, 4, 8]),
      onlineKeys: random.pick([1, 1, 2]),
      lifetime: random.pick([1, 1, 7]) * DAY_SECONDS,
    },
    together: random.oneIn(2),
    gateways: random.oneIn(3) ? 2 : 1,
    twin: random.oneIn(5) ? random.pick(SERVICES) : undefined,
    rates: Object.fromEntries(RESOURCES.map(resource => [resource, random.pick(RATES)])),
    mayFork: random.oneIn(10),
    opensLate: random.oneIn(5),
  };
}

/** A process: what of the ledger's services runs in it. */
export interface ProcessPlan {
  readonly name: string;
  /** The stream that its gateway and scheduler write to, if it has one. */
  readonly gateway?: string;
  readonly services: readonly ServiceName[];
  readonly signer?: boolean;
  readonly repository?: boolean;
}

export function processesOf({ together, gateways, twin }: Setting): ProcessPlan[] {
  const plans: ProcessPlan[] = together
    ? [{ name: 'ledger', gateway: 'one', services: SERVICES, signer: true, repository: true }]
    : [
        { name: 'gateway', gateway: 'one', services: [] },
        ...SERVICES.map(service => ({ name: service, services: [service] })),
        { name: 'signer', services: [], signer: true },
        { name: 'repository', services: [], repository: true },
      ];
  if (gateways === 2) plans.push({ name: 'gateway two', gateway: 'two', services: [] });
  if (twin) plans.push({ name: `second ${twin}`, services: [twin] });
  return plans;
}
