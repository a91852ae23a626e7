// The same as the projections hand it over, where they run in this process: no commit has to be waited for.

import {
  type Batch,
  ChangeSignal,
  type Follower,
  type Handover,
  type LogReader,
  type Place,
  type Session,
} from '#host';
import type { CompleteState } from '#projection';
import type { KnownStates, StateWatch, StoredStates } from './state-watch.js';

/** The repository of the same process. */
export interface ServedStates {
  /** The state that clients are served; undefined where none was written since the start. */
  readonly published: CompleteState | undefined;
  /** `published` is called whenever that changed. */
  onPublished(published: () => void): void;
}

export class LiveStates implements StateWatch, Follower {
  private known: KnownStates | undefined;
  private changes = 0;
  private readonly news = new ChangeSignal();

  /** `from`: the place of the last projector, from which on all of them hand over what they do. */
  constructor(
    private readonly handover: Handover,
    private readonly stored: StoredStates,
    private readonly from: () => Promise<Place | undefined>,
    private readonly repository: ServedStates,
  ) {
    repository.onPublished(() => this.changed());
  }

  place(): Promise<Place | undefined> {
    return this.from();
  }

  async begin({ reader }: LogReader, { signal }: Session): Promise<void> {
    await this.stored.through(reader.size, signal);
    this.known = await this.stored.look();
    this.changed();
  }

  async take({ steps }: Batch): Promise<void> {
    const [told, targets, timestamp] = (['root', 'targets', 'timestamp'] as const).map(service =>
      this.handover.effects(service, steps),
    );
    const { root, complete, needs } = this.known!;
    this.known = {
      root: told?.root ?? root,
      complete: timestamp?.states?.at(-1) ?? complete,
      needs: targets?.needs ?? needs,
    };
    if (steps.length > 0) this.changed();
  }

  async end(): Promise<void> {
    this.known = undefined;
    this.changed();
  }

  mark(): string {
    return this.known ? String(this.changes) : this.stored.mark();
  }

  async look(): Promise<KnownStates> {
    return { ...(this.known ?? (await this.stored.look())), served: this.repository.published?.state };
  }

  nextChange(signal: AbortSignal, waitMs: number): Promise<void> {
    return this.known ? this.news.next(signal, waitMs) : this.stored.nextChange(signal, waitMs);
  }

  private changed(): void {
    this.changes++;
    this.news.tell();
  }
}
