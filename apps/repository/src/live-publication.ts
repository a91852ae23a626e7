// Where the projectors run in the same process, files are written from what they hand over: a role's as soon as it is complete,
// while the state's other signatures are still on their way, and the timestamp at once. What this can't do (states that
// were under way when the process started, an error of the disk) the repository does from what the projections have committed.

import type { FileEntry } from '#files';
import {
  type Batch,
  type Follower,
  type Handover,
  type LogReader,
  type Place,
  SERVICES,
  type ServiceEffects,
} from '#host';
import type { CompleteState, Completion, Drafted } from '#projection';
import { metadataFile, metadataFileName } from '#tuf';
import type { Repository } from './repository.js';

/** Bytes of files that may wait to be written before the reading waits too. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

export class LivePublication implements Follower {
  /** The text of each role's newest draft. */
  private readonly drafts = new Map<string, { readonly version: number; readonly text: string }>();
  /** Root and timestamp files that are complete and wait for their state. */
  private roots: { readonly version: number; readonly entry: FileEntry }[] = [];
  private timestamp: FileEntry | undefined;
  /** The files of all versions complete at this position and later ones are written, or held. */
  private whole = 0;
  private roles = 0;
  private waitingBytes = 0;
  private work: Promise<unknown> = Promise.resolve();

  /** `from`: the place of the last projector, from which on all of them hand over what they do. */
  constructor(
    private readonly repository: Repository,
    private readonly handover: Handover,
    private readonly from: () => Promise<Place | undefined>,
  ) {}

  place(): Promise<Place | undefined> {
    return this.from();
  }

  async begin({ reader }: LogReader): Promise<void> {
    this.drafts.clear();
    this.roots = [];
    this.timestamp = undefined;
    this.whole = reader.size;
    this.roles = 0;
  }

  async take({ steps }: Batch): Promise<void> {
    if (steps.length === 0) return;
    const ahead: FileEntry[] = [];
    const after = steps.at(-1)!.position + 1;
    for (const service of SERVICES) {
      const effects = this.handover.effects(service, steps);
      if (effects) this.takeEffects(effects, ahead);
      // A projector whose place lies ahead tells nothing until the reading has come there.
      else this.whole = after;
    }
    if (ahead.length > 0) this.enqueue(ahead, after, () => this.repository.writeAhead(ahead));
    const newest = this.handover.effects('timestamp', steps)?.states?.at(-1);
    if (newest) this.publish(newest);
    if (this.waitingBytes > MAX_WAITING_BYTES) await this.work;
  }

  async end(): Promise<void> {
    await this.work;
  }

  /** In log order; a record that proposes a draft may hold the signatures over it. */
  private takeEffects({ drafted, completed }: ServiceEffects, ahead: FileEntry[]): void {
    let next = 0;
    for (const completion of completed) {
      while (next < drafted.length && drafted[next]!.position <= completion.position)
        this.draft(drafted[next++]!);
      this.complete(completion, ahead);
    }
    while (next < drafted.length) this.draft(drafted[next++]!);
  }

  private draft({ role, version, text }: Drafted): void {
    this.drafts.set(role, { version, text });
  }

  private complete({ role, version, position, signatures }: Completion, ahead: FileEntry[]): void {
    const draft = this.drafts.get(role);
    this.roles++;
    if (draft?.version !== version) {
      this.whole = position + 1;
      return;
    }
    this.drafts.delete(role);
    const entry = { name: metadataFileName(role, version), bytes: metadataFile(draft.text, signatures) };
    // A client asks for the next root by its number, and for the timestamp by none: they are seen as soon as they are there.
    if (role === 'root') this.roots.push({ version, entry });
    else if (role === 'timestamp') this.timestamp = entry;
    else ahead.push(entry);
  }

  private publish(state: CompleteState): void {
    const { timestamp, roles } = this;
    const { root, rootsBefore } = state;
    const roots = this.roots.filter(({ version }) => version <= root);
    this.roots = this.roots.filter(({ version }) => version > root);
    this.timestamp = undefined;
    this.roles = 0;
    const before = roots.filter(({ version }) => version <= rootsBefore);
    const after = roots.filter(({ version }) => version > rootsBefore);
    const entries = (some: typeof roots) => some.map(({ entry }) => entry);
    const inOrder = [entries(before), timestamp ? [timestamp] : [], ...after.map(({ entry }) => [entry])];
    this.repository.expect(state.state);
    this.enqueue(inOrder.flat(), state.position + 1, async () => {
      const since = this.whole - 1;
      if (timestamp && (await this.repository.take(state, { since, inOrder, roles }))) return;
      // The repository's own look writes this state, and all that was held for it.
      this.repository.missed();
      this.whole = Math.max(this.whole, state.position + 1);
    });
  }

  /** One thing after the other. After a failure only states count whose files are all complete at `after` or later. */
  private enqueue(entries: readonly FileEntry[], after: number, write: () => Promise<unknown>): void {
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes.length, 0);
    this.waitingBytes += bytes;
    this.work = this.work
      .then(write)
      .catch(() => {
        this.repository.missed();
        this.whole = Math.max(this.whole, after);
      })
      .finally(() => {
        this.waitingBytes -= bytes;
      });
  }
}
