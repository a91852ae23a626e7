// What a run found, as JSON that is kept: documents are made from it.

import { cpus, loadavg, totalmem } from 'node:os';
import type { PeakMemory } from '../driving/process-memory.js';
import type { Growth } from '../growth/growth.js';
import type { Costs } from '../limits/costs.js';
import type { GroundName, LineResult } from '../line.js';
import type { SizeName } from '../sizes.js';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** Processes that wanted to run in the minute before the run began: above 0, others were at work too. */
  readonly load: number;
}

export interface RunReport {
  readonly kind: 'figures';
  /** On what the ledger ran. */
  readonly ground: GroundName;
  /** When the run began, as ISO 8601. */
  readonly at: string;
  readonly machine: Machine;
  readonly bins: number;
  readonly size: SizeName;
  readonly lines: readonly LineResult[];
  readonly costs?: Costs;
  /** Of the ledger that took the import. */
  readonly memory?: readonly PeakMemory[];
}

export interface GrowthReport {
  readonly kind: 'growth';
  readonly at: string;
  readonly machine: Machine;
  readonly bins: number;
  readonly size: SizeName;
  readonly growth: Growth;
}

export type Report = RunReport | GrowthReport;

/** The machine that this process runs on. */
export function thisMachine(): Machine {
  const [first] = cpus();
  return {
    processor: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    load: loadavg()[0]!,
  };
}
