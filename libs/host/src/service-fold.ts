// What a projector is made of beside its loop: its fold, the facts that it needs of the services before it, and its rows.

import type { Reader, Shard, Step } from '#projection';
import type { Progress, Rows } from '#store';
import type { Facts, ServiceEffects } from './facts.js';
import type { ServiceName } from './schema-name.js';

/** What folding a batch did: the effects, and the rows to commit. */
export interface Folded {
  readonly effects: ServiceEffects;
  readonly rows: Rows;
}

export interface ServiceFold {
  readonly service: ServiceName;
  /** The bins that it folds, where it doesn't fold all. */
  readonly shard?: Shard;
  /** The services whose effects at the same position it needs to know, in their order. */
  readonly upstream: readonly ServiceName[];
  /** Puts the fold where the progress says, or at the beginning. */
  restore(progress: Progress | undefined, reader: Reader, signal: AbortSignal): Promise<void>;
  /** Waits for what else it must know before the record at `position`; gives how many records from there on may be folded. */
  ready?(position: number, signal: AbortSignal): Promise<number>;
  /** Folds records in order; `offsets` says where in the log each stands, `facts` what the services before it did. */
  fold(steps: readonly Step[], offsets: readonly number[], facts: Facts): Promise<Folded>;
  /** Whether the text of a role is stored; otherwise it is rendered from history when it is needed. */
  keepsText(role: string): boolean;
  /** The fold's own part of the progress. */
  save(): string;
  /** Told, before each batch, how many records' effects are committed by now. */
  committed?(position: number): void;
}
