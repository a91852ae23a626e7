// What an operator sees of a service: /readyz and /metrics are put together from aspects, each of which knows one side of it.

import type { Registry } from 'prom-client';

/** What an aspect adds to /readyz. */
export interface AspectView {
  /** What keeps the service from being ready, for people; a sentence each. */
  readonly reasons?: readonly string[];
  /** Members of the answer. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** One side of a service. */
export interface Aspect {
  /** Never rejects: what can't be told now is a reason, or is left out. */
  look?(): Promise<AspectView>;
  /** Adds its metrics. */
  measure?(registry: Registry): void;
}

/** All aspects together. */
export async function lookAtAll(aspects: readonly Aspect[]): Promise<Required<AspectView>> {
  const views: AspectView[] = await Promise.all(aspects.map(async aspect => aspect.look?.() ?? {}));
  return {
    reasons: views.flatMap(({ reasons = [] }) => reasons),
    members: Object.assign({}, ...views.map(({ members }) => members)),
  };
}
