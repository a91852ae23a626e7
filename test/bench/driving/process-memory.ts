// Peak memory of a process and all that it started, by /proc where there is one: VmHWM is kept by the kernel for each process,
// so looking once a second misses no peak of a process that lives that long. Where there is no /proc, `ps` tells what is
// resident now, and peaks between two looks are missed.

import { readFile } from 'node:fs/promises';
import { type RunningProcess, runningProcesses } from './running-processes.js';

/** Milliseconds between two looks. */
const LOOK_PAUSE_MS = 1_000;
const KIB_PER_MIB = 1_024;
/** The name of the process at the root. */
export const LEDGER = 'ledger';

/** What processes of one name took at most. */
export interface PeakMemory {
  readonly name: string;
  /** How many of that name there were. */
  readonly processes: number;
  /** Of the largest one; memory that processes share (Postgres' buffers) counts in each. */
  readonly mib: number;
}

export interface Peaks {
  readonly processes: readonly PeakMemory[];
  /** All processes of Postgres together at a look, what they share counted once (PSS); undefined where that can't be told. */
  readonly postgresMib: number | undefined;
}

/** Watches a process and its descendants until it is stopped. */
export class MemoryWatch {
  private readonly largest = new Map<number, { name: string; kib: number }>();
  private postgresKib: number | undefined;
  private looking: Promise<void> | undefined;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly root: number) {
    this.timer = setInterval(() => void this.look().catch(() => undefined), LOOK_PAUSE_MS).unref();
  }

  /** Looks now, and gives the peaks so far. */
  async peaks(): Promise<Peaks> {
    await this.look();
    return this.last;
  }

  /** The peaks as of the last look. */
  get last(): Peaks {
    const byName = new Map<string, PeakMemory>();
    for (const { name, kib } of this.largest.values()) {
      const known = byName.get(name) ?? { name, processes: 0, mib: 0 };
      byName.set(name, { name, processes: known.processes + 1, mib: Math.max(known.mib, kib / KIB_PER_MIB) });
    }
    const processes = [...byName.values()].sort((a, b) => b.mib - a.mib);
    return {
      processes,
      postgresMib: this.postgresKib === undefined ? undefined : this.postgresKib / KIB_PER_MIB,
    };
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): Promise<void> {
    this.looking ??= this.lookNow().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  private async lookNow(): Promise<void> {
    const family = familyOf(this.root, await runningProcesses());
    for (const { pid, command, kib } of family) {
      const name = pid === this.root ? LEDGER : processName(command);
      this.largest.set(pid, { name, kib: Math.max(kib, this.largest.get(pid)?.kib ?? 0) });
    }
    const postgres = family.filter(({ pid }) => this.largest.get(pid)!.name.startsWith('postgres'));
    const shares = (await Promise.all(postgres.map(({ pid }) => pssOf(pid)))).filter(
      share => share !== undefined,
    );
    if (shares.length === 0) return;
    const all = shares.reduce((sum, share) => sum + share, 0);
    this.postgresKib = Math.max(this.postgresKib ?? 0, all);
  }
}

/** The process of that id and its descendants. */
export function familyOf(root: number, all: readonly RunningProcess[]): RunningProcess[] {
  const family = all.filter(({ pid }) => pid === root);
  for (let i = 0; i < family.length; i++)
    family.push(...all.filter(({ parent }) => parent === family[i]!.pid));
  return family;
}

/** `postgres: client` for `postgres: postgres postgres 127.0.0.1(40222) idle`; the program's name for others. */
export function processName(command: string): string {
  const [, role] = /^postgres: (.*)$/.exec(command) ?? [];
  if (role === undefined) return command.split(' ')[0]!.split('/').at(-1)!;
  if (/\(\d+\)|\[local\]/.test(role)) return 'postgres: client';
  return `postgres: ${role.replace(/ (\d+|postgres|performing .*)$/, '')}`;
}

async function pssOf(pid: number): Promise<number | undefined> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const [, kib] = /^Pss:\s*(\d+)/m.exec(rollup) ?? [];
  return kib === undefined ? undefined : Number(kib);
}
