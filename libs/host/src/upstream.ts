// The services before a projector in their order (DESIGN 2): what they did with the records in hand. Those of the same process
// hand it over; of the others it is read from the store, once their watermarks say that it is all there.

import type { DataSource } from 'typeorm';
import type { Step } from '#projection';
import { Facts, readFacts } from './facts.js';
import type { Handover } from './handover.js';
import { type ServiceName, schemaName } from './schema-name.js';
import type { Watermarks } from './watermark.js';

/** Where the services' facts are. */
export interface FactGround {
  readonly sources: Readonly<Record<ServiceName, DataSource>>;
  readonly prefix: string;
  readonly watermarks: Watermarks;
  /** Given where several projectors run in one process. */
  readonly handover?: Handover;
}

export class Upstream {
  /** `services` in their order. */
  constructor(
    private readonly services: readonly ServiceName[],
    private readonly ground: FactGround,
  ) {}

  /** Waits until they have come beyond `position`; gives for how many records from there on their facts can be had. */
  async ready(position: number, signal: AbortSignal): Promise<number> {
    const { prefix, watermarks, handover } = this.ground;
    let limit = Number.MAX_SAFE_INTEGER;
    for (const service of this.services) {
      if (handover?.has(service)) continue;
      const reached = await watermarks.reach(schemaName(prefix, service), position + 1, signal);
      limit = Math.min(limit, reached - position);
    }
    return limit;
  }

  /** What they did with these records. */
  async facts(steps: readonly Step[]): Promise<Facts> {
    const { sources, handover } = this.ground;
    const told = await Promise.all(
      this.services.map(
        service => handover?.effects(service, steps) ?? readFacts(service, sources[service], steps),
      ),
    );
    const facts = new Facts();
    this.services.forEach((service, i) => {
      facts.add(service, told[i]!);
    });
    return facts;
  }

  /** Resolves when those of the same process have committed through `position`. */
  async committed(position: number): Promise<void> {
    await this.ground.handover?.committed(this.services, position);
  }
}
