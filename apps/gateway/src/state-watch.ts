// What the scheduler of cuts looks at: the last cut and what asks for the next, the newest complete state, and what a cut would have to do.

import {
  type FactGround,
  reachAll,
  readCutNeeds,
  readRootState,
  SERVICES,
  type ServiceName,
  schemaName,
} from '#host';
import type { CompleteState, CutNeeds, RootState } from '#projection';
import { readNewestState } from '#store';

export interface KnownStates {
  readonly root?: RootState | undefined;
  readonly complete?: CompleteState | undefined;
  /** The state whose files clients are served, where the repository runs in the same process and has written one. */
  readonly served?: number | undefined;
  readonly needs?: CutNeeds | undefined;
}

export interface StateWatch {
  /** Differs from what it was whenever `look` may give something else. */
  mark(): string;
  look(): Promise<KnownStates>;
  /** Resolves when the mark changes, when `signal` aborts, or after `waitMs`; sometimes sooner. */
  nextChange(signal: AbortSignal, waitMs: number): Promise<void>;
}

/** By what the projections have committed. */
export class StoredStates implements StateWatch {
  private readonly known = new Map<ServiceName, { position: number; value: Promise<unknown> }>();

  constructor(private readonly parts: FactGround) {}

  mark(): string {
    return SERVICES.map(service => this.position(service)).join();
  }

  /** Each projection is asked again only where it has moved, and once for all who look. */
  async look(): Promise<KnownStates> {
    const { root, targets, timestamp } = this.parts.sources;
    return {
      root: await this.asOf('root', () => readRootState(root)),
      complete: await this.asOf('timestamp', () => readNewestState(timestamp)),
      needs: await this.asOf('targets', () => readCutNeeds(targets)),
    };
  }

  nextChange(signal: AbortSignal, waitMs: number): Promise<void> {
    return this.parts.watermarks.nextChange(signal, waitMs);
  }

  /** Resolves when all projections have committed through `position`. */
  async through(position: number, signal: AbortSignal): Promise<void> {
    await reachAll(this.parts, position, signal);
  }

  private position(service: ServiceName): number {
    return this.parts.watermarks.position(schemaName(this.parts.prefix, service));
  }

  private asOf<T>(service: ServiceName, read: () => Promise<T>): Promise<T> {
    const position = this.position(service);
    const known = this.known.get(service);
    if (known?.position === position) return known.value as Promise<T>;
    const value = read();
    const asked = { position, value };
    this.known.set(service, asked);
    value.catch(() => this.known.get(service) === asked && this.known.delete(service));
    return value;
  }
}
