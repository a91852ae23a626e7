// The online signer. It trusts no store: it folds the log itself and signs only what it derived, only at the tail, and only
// states whose cut is near its own clock. Whoever owns Postgres, the files or the gateway can't make it sign a lie; whoever
// owns a publisher's key can only make it sign what that publisher was permitted to say.

import { ClassicLevel } from 'classic-level';
import {
  type AheadCrypto,
  type Batch,
  type CutTime,
  type Follower,
  type LogReader,
  type Place,
  RecordWriter,
  type ServiceLog,
  type Session,
} from '#host';
import type { Log } from '#log';
import { beginReplay, type Effects, evolveStep, type ReplayState } from '#projection';
import type { SigningKey } from '#signing';
import { binIndex } from '#tuf';
import { SignerError } from './errors.js';
import { FoldStore, isQuiet, type SavedFold, type SignerFold } from './fold-store.js';
import { foreseenTimestamp } from './foreseen-timestamp.js';
import { SignerMemory } from './memory.js';
import { OnlineKeys } from './online-keys.js';
import { type OpenDraft, openOnlineDrafts, signatureChecks } from './open-drafts.js';
import { RESEND_PAUSE_MS, SentSignatures } from './sent-signatures.js';
import { chunks, recordsOf, SIGNATURES_PER_RECORD } from './signature-records.js';
import { Signing } from './signing.js';

/** A cut farther than this from the signer's clock is not signed, in milliseconds (DESIGN law 11). */
const CLOCK_TOLERANCE_MS = 60_000;
/** Drafts whose signatures are appended together: while they are on their way the next ones are signed, and those before folded. */
const DRAFTS_PER_APPEND = 2 * SIGNATURES_PER_RECORD;
/** The fold is stored at most this often, in milliseconds, and when the signer stops; and not more often than takes a hundredth of the time. */
const SAVE_INTERVAL_MS = 30_000;
const SAVE_SHARE = 0.01;

const FOLDS = ['targets', 'snapshot', 'timestamp'] as const;

export interface SignerParts {
  readonly ledger: string;
  readonly log: Log;
  readonly crypto: AheadCrypto;
  /** The signer's own folder. */
  readonly folder: string;
  /** The online keys. */
  readonly keys: readonly SigningKey[];
  /** The enrolled publisher, with permission to cut, as which signatures are appended. */
  readonly publisher: { readonly key: SigningKey; readonly stream: string };
  /** Milliseconds now. */
  readonly clock: () => number;
  readonly report: ServiceLog;
}

export class Signer implements Follower {
  /** The folder, once it is asked for; opened once, though a reading may begin again while it opens. */
  private store: Promise<ClassicLevel<string, string>> | undefined;
  private memory: SignerMemory | undefined;
  private following: Folding | undefined;
  private readonly dirty = new Set<number>();
  private readonly sent: SentSignatures;
  /** The state whose cut was found near the clock: it is not compared again until a restart. */
  private begunState: number | undefined;
  /** The states whose cut was found far from the clock, and that were superseded therefore. */
  private refusedState: number | undefined;
  private supersededState: number | undefined;
  /** Whether there are drafts that no look has found yet, and when the last look was (`performance.now`): of many drafts one is long. */
  private unseen = true;
  private lookedAt = 0;
  private wasEnrolled = true;
  /** The state of which it was told that keys are missing. */
  private lackedState: number | undefined;
  private savedAt = 0;
  private saveTookMs = 0;
  /** Where the fold stands. The reading is ahead of it while others take a batch, and stays so when one of them fails. */
  private taken: Place | undefined;

  private readonly keys: OnlineKeys;

  constructor(private readonly parts: SignerParts) {
    this.keys = new OnlineKeys(parts.keys);
    this.sent = new SentSignatures(this.keys);
  }

  /** The last cut that it has folded; undefined while there is none, or nothing is read. */
  get lastCut(): CutTime | undefined {
    return this.following?.fold?.state.root.lastCut;
  }

  /** @throws SignerError `signer-folder` where the folder can't be opened. */
  async place(): Promise<Place | undefined> {
    this.store ??= openFolder(this.parts.folder);
    const store = await this.store;
    this.memory ??= await SignerMemory.load(store);
    const folds = new FoldStore(store, this.parts.crypto);
    const saved = await folds.load(this.parts.ledger);
    this.following = { folds, saved };
    return saved?.progress;
  }

  async begin(reading: LogReader, { signal, fail }: Session): Promise<void> {
    const { crypto, ledger, log, publisher } = this.parts;
    const following = this.following!;
    const state: ReplayState = { ...beginReplay(ledger, crypto), reader: reading.reader };
    if (following.saved && reading.reader.opened) await following.folds.restore(state, following.saved);
    this.dirty.clear();
    this.sent.clear();
    this.unseen = true;
    this.savedAt = this.parts.clock();
    following.fold = { reading, state };
    this.taken = reading.save();
    following.writer = new RecordWriter(publisher, { ledger, log, reader: reading.reader });
    following.signing = new Signing(() => this.signOpen(following as Begun), signal, fail);
  }

  async take({ steps }: Batch): Promise<void> {
    const { fold, signing } = this.following as Begun;
    const { reading, state } = fold;
    this.taken = undefined;
    for (const step of steps) {
      if (step.position === 0) {
        for (let bin = 0; bin < reading.reader.opened!.bins.count; bin++)
          state.targets.contents.set(bin, new Map());
      }
      const effects = evolveStep(state, step, this.parts.crypto);
      this.noteDirty(effects, state.targets.opened!.bins.count);
      if (FOLDS.some(fold => effects[fold].drafted.length > 0)) this.unseen = true;
    }
    this.taken = reading.save();
    await this.saveIfDue(Math.max(SAVE_INTERVAL_MS, this.saveTookMs / SAVE_SHARE));
    if (this.unseen || performance.now() - this.lookedAt > RESEND_PAUSE_MS) signing.wake();
  }

  async end(): Promise<void> {
    const { signing } = this.following as Begun;
    await signing.ended();
    await this.saveIfDue(0);
    this.following = undefined;
  }

  /** Closes the folder, after the reading has ended. */
  async close(): Promise<void> {
    const store = await this.store?.catch(() => undefined);
    await store?.close();
  }

  private noteDirty({ step, targets }: Effects, binCount: number): void {
    if (step.position === 0) for (let bin = 0; bin < binCount; bin++) this.dirty.add(bin);
    for (const { bin } of targets.changes) this.dirty.add(bin);
    for (const bin of targets.planned) this.dirty.add(bin);
    for (const { role } of targets.completed) {
      const bin = binIndex(role, binCount);
      if (bin !== undefined) this.dirty.add(bin);
    }
  }

  private async saveIfDue(interval: number): Promise<void> {
    const { folds, fold } = this.following as Begun;
    const now = this.parts.clock();
    if (!this.taken || now - this.savedAt < interval || this.dirty.size === 0 || !isQuiet(fold.state)) return;
    const { state } = fold;
    const began = performance.now();
    await folds.save({ state, place: this.taken }, this.parts.ledger, this.dirty);
    this.saveTookMs = performance.now() - began;
    this.dirty.clear();
    this.savedAt = now;
  }

  /** Without enrolment whatever the signer appends is noise; it waits until it is enrolled again. */
  private isEnrolled({ reader }: LogReader): boolean {
    const { keyid } = this.parts.publisher.key;
    const enrolled = reader.authority?.publishers.has(keyid) ?? true;
    if (!enrolled && this.wasEnrolled) {
      this.parts.report('error', "The signer's own key was revoked or never enrolled; enrol it to go on.", {
        keyid,
      });
    }
    this.wasEnrolled = enrolled;
    return enrolled;
  }

  /** Signs what waits for a signature; gives whether it did anything. */
  private async signOpen({ fold: { reading, state }, writer }: Begun): Promise<boolean> {
    this.lookedAt = performance.now();
    const unsent = () =>
      openOnlineDrafts(state).filter(draft => this.sent.lacks(draft, reading.place.offset));
    // To look at a few is cheaper than to ask the log for its tail.
    if (state.targets.open.size < DRAFTS_PER_APPEND && unsent().length === 0) {
      this.unseen = false;
      return false;
    }
    // Only at the tail: what was appended meanwhile may have killed these drafts.
    if (!(await reading.isAtTail())) return false;
    this.unseen = false;
    const open = unsent();
    if (open.length === 0 || !this.isEnrolled(reading)) return false;
    const cut = state.root.lastCut!;
    if (cut.state !== this.begunState && !(await this.beginState(cut, state, writer))) return false;
    const foreseen = await foreseenTimestamp(state, open, this.keys, this.parts.crypto);
    const drafts = foreseen ? [...open, foreseen] : open;
    this.tellMissingKeys(drafts, cut.state);
    const remembered = this.memory!.remember(
      drafts.map(({ role, version, sha256 }) => ({ role, version, sha256 })),
    );
    await this.signAndSend(drafts, remembered, writer);
    return true;
  }

  /** Without them the state stays incomplete, until another signer or a later cut helps. */
  private tellMissingKeys(open: readonly OpenDraft[], state: number): void {
    const lacking = open.find(draft => !this.keys.complete(draft));
    if (!lacking || this.lackedState === state) return;
    this.lackedState = state;
    const { role, version } = lacking;
    const keyids = this.keys.lacking(lacking);
    this.parts.report('error', 'This state needs signatures by keys that this signer does not hold.', {
      state,
      role,
      version,
      keyids,
    });
  }

  /** Some are signed while those before them are on their way into the log; none leaves before all are remembered on the disk. */
  private async signAndSend(
    open: readonly OpenDraft[],
    remembered: Promise<void>,
    writer: RecordWriter,
  ): Promise<void> {
    const sending: Promise<void>[] = [];
    for (const drafts of chunks(open, DRAFTS_PER_APPEND)) {
      const signing = Promise.all(drafts.map(draft => this.keys.sign(draft)));
      const [, signed] = await Promise.all([remembered, signing]);
      // The folds of this process find these verified when they come back from the log.
      void this.parts.crypto.verifyAhead?.(signatureChecks(drafts, signed));
      const sent = writer
        .append(recordsOf(signed.flat()))
        .then(offsets => this.sent.note(drafts, offsets.at(-1)!));
      // Told below, with the others.
      sent.catch(() => undefined);
      sending.push(sent);
    }
    await Promise.all(sending);
  }

  /** Compares the cut of a state with the clock; a cut that is too far off is not signed. */
  private async beginState(cut: CutTime, state: ReplayState, writer: RecordWriter): Promise<boolean> {
    const now = this.parts.clock();
    if (Math.abs(now - cut.at) > CLOCK_TOLERANCE_MS) {
      await this.refuseState(cut, now, state.root.policy!.cutInterval, writer);
      return false;
    }
    this.begunState = cut.state;
    this.sent.clear();
    return true;
  }

  /** Says so, and supersedes the state by a cut of the signer's own. */
  private async refuseState(
    cut: CutTime,
    now: number,
    cutInterval: number,
    writer: RecordWriter,
  ): Promise<void> {
    const apartMs = now - cut.at;
    if (this.refusedState !== cut.state) {
      this.parts.report('error', 'The cut of this state is too far from the clock; it is not signed.', {
        state: cut.state,
        apartMs,
      });
    }
    this.refusedState = cut.state;
    // No cut may go back in time, so one from the future stays until the clock or an administrator's clock.set reaches it.
    if (apartMs < 0 || this.supersededState === cut.state) return;
    const at = Math.max(now, cut.at + cutInterval);
    await writer.append([[{ type: 'cut', state: cut.state + 1, at }]]);
    this.supersededState = cut.state;
  }
}

/** The signer in a reading: first with what it saved, then with its fold. */
interface Folding {
  readonly folds: FoldStore;
  readonly saved: SavedFold | undefined;
  fold?: SignerFold;
  writer?: RecordWriter;
  signing?: Signing;
}
type Begun = Required<Folding>;

async function openFolder(folder: string): Promise<ClassicLevel<string, string>> {
  const store = new ClassicLevel<string, string>(folder);
  try {
    await store.open();
    return store;
  } catch (error) {
    const cause = (error as { cause?: Error }).cause ?? (error as Error);
    throw new SignerError(
      'signer-folder',
      `The signer can't open its folder ${folder}: ${cause.message}. Stop another signer that uses it, or give this user the right to write there.`,
      { cause: error },
    );
  }
}
