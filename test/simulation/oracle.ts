// What is true: the pure fold of the log as it stands, from which all that the services write is judged.

import type { MemoryTopic } from '#log';
import { type Drafted, type Effects, Published, Replay } from '#projection';
import { foreseenTimestamp } from './foreseen.js';
import { quickCrypto } from './quick-crypto.js';

const ALL = Number.MAX_SAFE_INTEGER;

export class Oracle {
  readonly replay: Replay;
  readonly published = new Published();
  readonly effects: Effects[] = [];
  /** By position: the log offset of each record. */
  readonly offsets: number[] = [];
  /** By number of records: the Merkle root of that prefix, and the reader as text. */
  readonly roots: string[] = [];
  /** The SHA-256 of the draft of every version, by `role@version`; of a timestamp from its snapshot's draft on. */
  readonly drafts = new Map<string, string>();
  /** The files of every complete timestamp, by version. */
  readonly timestamps = new Map<number, Uint8Array>();
  /** The same of every text that was ever drafted. */
  readonly texts = new Set<string>();
  private next = 0;

  constructor(
    ledger: string,
    readonly topic: MemoryTopic,
  ) {
    this.replay = new Replay(ledger, quickCrypto);
    this.roots.push(this.replay.state.reader.rootHash);
  }

  /** Records in the log. */
  get size(): number {
    return this.effects.length;
  }

  /** Folds what the log holds by now. */
  catchUp(): void {
    if (this.next === this.topic.end) return;
    for (const { offset, value } of this.topic.page(this.next, ALL, ALL)) {
      const effects = this.replay.next(value);
      if (effects) this.take(effects, offset);
      this.next = offset + 1;
    }
  }

  private take(effects: Effects, offset: number): void {
    const { root, targets, snapshot, timestamp } = effects;
    this.effects.push(effects);
    this.offsets.push(offset);
    this.roots.push(this.replay.state.reader.rootHash);
    for (const { drafted } of [root, targets, snapshot, timestamp])
      for (const draft of drafted) this.draft(draft);
    for (const { text } of snapshot.drafted)
      this.draft({
        role: 'timestamp',
        version: root.cut!.state,
        sha256: foreseenTimestamp(root.cut!, text),
      });
    this.published.take(effects);
    const { state } = timestamp;
    if (state) this.timestamps.set(state.state, this.published.files.get('timestamp.json')!);
  }

  private draft({ role, version, sha256 }: Pick<Drafted, 'role' | 'version' | 'sha256'>): void {
    this.drafts.set(`${role}@${version}`, sha256);
    this.texts.add(sha256);
  }
}
