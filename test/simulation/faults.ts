// What goes wrong outside of the services, by the seed: each operation of a process on a resource is a draw of its own.

import type { Chance } from './chance.js';

/** What of the outside can fail. */
export type Resource = 'log' | 'store' | 'files' | 'disk' | 'key';

/** Of how many operations on a resource one goes wrong, on average; absent: none does. */
export type FaultRates = Partial<Readonly<Record<Resource, number>>>;

/** A fault that befell an operation. `id` is `process/resource#n`: the n-th operation of that process on it. */
export interface FiredFault {
  readonly id: string;
  readonly kind: string;
}

export class Faults {
  /** Nothing goes wrong any more when it is false. */
  active = true;
  readonly fired: FiredFault[] = [];
  private readonly counts = new Map<string, number>();

  /** `only`: the ids of the faults that may fire; all that the seed draws by default. */
  constructor(
    private readonly chance: Chance,
    private readonly rates: FaultRates,
    private readonly only?: ReadonlySet<string>,
  ) {}

  /** What befalls the next operation of a process on a resource. */
  draw<K extends string>(process: string, resource: Resource, kinds: readonly K[]): K | undefined {
    const stream = `${process}/${resource}`;
    const n = this.counts.get(stream) ?? 0;
    this.counts.set(stream, n + 1);
    const rate = this.rates[resource];
    if (!this.active || rate === undefined || kinds.length === 0) return undefined;
    const random = this.chance.at(stream, n);
    const id = `${stream}#${n}`;
    if (!random.oneIn(rate) || (this.only && !this.only.has(id))) return undefined;
    const kind = random.pick(kinds);
    this.fired.push({ id, kind });
    return kind;
  }
}
