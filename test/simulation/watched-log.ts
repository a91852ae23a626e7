// What goes through the port of the log: told to those who look whether it was kept.

import type { Log } from '#log';

/** A value that an append has acknowledged at an offset. */
export interface Acknowledged {
  readonly process: string;
  readonly offset: number;
  readonly value: Uint8Array;
}

export interface LogWatch {
  /** Told of what is to be appended, before it is. */
  readonly append: (values: readonly Uint8Array[]) => void;
  readonly acknowledge: (found: Acknowledged) => void;
}

export function watchedLog(log: Log, process: string, watch: LogWatch): Log {
  return {
    append: async values => {
      watch.append(values);
      const offsets = await log.append(values);
      offsets.forEach((offset, i) => {
        watch.acknowledge({ process, offset, value: values[i]! });
      });
      return offsets;
    },
    read: (from, limit) => log.read(from, limit),
    bounds: () => log.bounds(),
    close: () => log.close(),
  };
}
