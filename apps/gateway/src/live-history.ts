// The same as the projections hand it over, where they run in this process: no commit has to be waited for, and nothing read back.
// What lies before the window is asked of the store, once all that is known here is committed.

import {
  type Batch,
  ChangeSignal,
  type Follower,
  type Handover,
  type LogReader,
  type Place,
  SERVICES,
} from '#host';
import type { CompleteState } from '#projection';
import { type StoredOutcome, StoreError } from '#store';
import type { History, WantedVersion } from './history.js';
import { RecentRecords } from './recent-records.js';

/** How long it may take until the projections have committed what they have folded, in milliseconds. */
const COMMIT_LIMIT_MS = 30_000;
/** How long one who only reads waits for that, in milliseconds; then the store tells what it has, or that it is away. */
const READ_LIMIT_MS = 2_000;

export class LiveHistory implements History, Follower {
  private recent: RecentRecords | undefined;
  /** Records that were taken. */
  private size = 0;
  /** Records of which somebody may have been told, perhaps by a reading that went farther than this one has come yet. */
  private told = 0;
  private readonly news = new ChangeSignal();

  /** `from`: the place of the last projector, from which on all of them hand over what they do. */
  constructor(
    private readonly handover: Handover,
    private readonly past: History,
    private readonly from: () => Promise<Place | undefined>,
  ) {}

  place(): Promise<Place | undefined> {
    return this.from();
  }

  async begin({ reader }: LogReader): Promise<void> {
    this.size = reader.size;
    this.recent = new RecentRecords(reader.size);
    this.news.tell();
  }

  async take({ steps }: Batch): Promise<void> {
    if (steps.length === 0) return;
    this.size = steps.at(-1)!.position + 1;
    const told = SERVICES.map(service => this.handover.effects(service, steps));
    // A projector whose place lies ahead tells nothing until the reading has come there.
    if (told.includes(undefined)) this.recent = new RecentRecords(this.size);
    else for (const effects of told) this.recent!.add(effects!);
    this.recent!.closed(this.size);
    this.told = Math.max(this.told, this.size);
    this.news.tell();
  }

  async end(): Promise<void> {
    this.recent = undefined;
    this.news.tell();
  }

  async foldedThrough(position: number, signal: AbortSignal): Promise<number> {
    while (this.recent && this.size <= position && !signal.aborted) await this.news.next(signal);
    return this.recent ? this.size : this.past.foldedThrough(position, signal);
  }

  async outcomes(first: number, last: number): Promise<readonly StoredOutcome[]> {
    if (this.knows(first) && last < this.size) return this.recent!.outcomes(first, last);
    return (await this.pastThrough(Math.max(this.told, last + 1))).outcomes(first, last);
  }

  async statesBetween(lowest: number, highest: number): Promise<readonly CompleteState[]> {
    if (this.knows(lowest) && this.size >= this.told) return this.recent!.statesBetween(lowest, highest);
    return (await this.pastThrough(this.told)).statesBetween(lowest, highest);
  }

  async versionsAfter(
    wanted: readonly WantedVersion[],
    until: number,
  ): Promise<readonly (number | undefined)[]> {
    if (wanted.every(({ position }) => this.knows(position)) && this.size >= this.told)
      return this.recent!.versionsAfter(wanted, until);
    return (await this.pastThrough(this.told)).versionsAfter(wanted, until);
  }

  private knows(position: number): boolean {
    return this.recent !== undefined && position >= this.recent.from && position < this.size;
  }

  async stored(): Promise<void> {
    // Whoever can't commit begins again from what is committed; the store's own error is the one to tell.
    await this.pastThrough(this.told, READ_LIMIT_MS).catch(() => undefined);
  }

  /** The past, once it holds so many records. @throws StoreError `projection-conflict` where it does not in time. */
  private async pastThrough(size: number, limitMs = COMMIT_LIMIT_MS): Promise<History> {
    if (await this.isCommittedHere(size)) return this.past;
    const folded = await this.past.foldedThrough(size - 1, AbortSignal.timeout(limitMs));
    if (folded >= size) return this.past;
    throw new StoreError(
      'projection-conflict',
      `The projections have committed ${folded} of ${size} records; ask again when they have folded the others anew.`,
    );
  }

  /** Whether this reading has come to so many records, and its projectors have committed them; it ends where one of them can't. */
  private async isCommittedHere(size: number): Promise<boolean> {
    if (!this.recent || this.size < size) return false;
    try {
      await this.handover.committed(SERVICES, size);
    } catch {
      return false;
    }
    return SERVICES.every(service => this.handover.has(service));
  }
}
