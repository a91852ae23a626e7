// Deliberate bugs: what a simulation worth its time must find. They are made here, of wrappers around the product's parts, and
// nowhere else.

import type { DataSource } from 'typeorm';
import type { LogTail } from '#apps/gateway/src/log-tail';
import type { Repository } from '#apps/repository/src/repository';
import type { Files } from '#files';
import type { ServiceFold } from '#host';
import type { Log } from '#log';
import type { Setting } from './setting.js';
import type { SignerDisk } from './signer-disk.js';

export interface Bug {
  readonly name: string;
  /** The promises (violation.ts) of which it breaks one or the other. */
  readonly breaks: readonly string[];
  /** What of a history's setting must be so for the bug to matter. */
  readonly setting?: Partial<Setting>;
  readonly log?: (log: Log, process: string) => Log;
  readonly files?: (files: Files) => Files;
  readonly source?: (source: DataSource) => DataSource;
  readonly fold?: (fold: ServiceFold, clock: () => number) => ServiceFold;
  readonly repository?: (repository: Repository) => void;
  readonly tail?: (tail: LogTail) => void;
  /** Told when a signer starts. */
  readonly disk?: (disk: SignerDisk) => void;
}
