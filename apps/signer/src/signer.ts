// The online signer. It trusts no store: it folds the log itself and signs only what it derived, only at the tail, and only
// states whose cut is near its own clock. Whoever owns Postgres, the files or the gateway can't make it sign a lie; whoever
// owns a publisher's key can only make it sign what that publisher was permitted to say.

import { ClassicLevel } from 'classic-level';
import { isFatal, type LogReader, RecordWriter, type ServiceLog } from '#host';
import type { SignedEntry } from '#ledger';
import type { Log } from '#log';
import { type Effects, evolveStep, type ReplayState } from '#projection';
import type { SigningKey } from '#signing';
import { binIndex, type Crypto, toHex, utf8 } from '#tuf';
import { SignerError } from './errors.js';
import { FoldStore, isQuiet, type SignerFold } from './fold-store.js';
import { SignerMemory } from './memory.js';
import { type OpenDraft, openOnlineDrafts } from './open-drafts.js';

/** A cut farther than this from the signer's clock is not signed, in milliseconds (DESIGN law 11). */
const CLOCK_TOLERANCE_MS = 60_000;
/** Signatures that fit one record with room to spare. */
const SIGNATURES_PER_RECORD = 140;
/** The fold is stored at most this often, in milliseconds, and when the signer stops. */
const SAVE_INTERVAL_MS = 30_000;
/** Pause after an error that can pass, in milliseconds. */
const RETRY_PAUSE_MS = 500;
/** Signatures that were appended and did not count are appended again at most this often, in milliseconds. */
const RESEND_PAUSE_MS = 1_000;
/** Records read at once. */
const RECORDS_PER_BATCH = 2_000;

export interface SignerParts {
  readonly ledger: string;
  readonly log: Log;
  readonly crypto: Crypto;
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

export class Signer {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private readonly dirty = new Set<number>();
  /** Where in the log, and when (`performance.now`), each `role@version` of the state was appended with our signatures. */
  private readonly sent = new Map<string, { readonly offset: number; readonly at: number }>();
  /** The state whose cut was found near the clock: it is not compared again until a restart. */
  private begunState: number | undefined;
  /** The states whose cut was found far from the clock, and that were superseded therefore. */
  private refusedState: number | undefined;
  private supersededState: number | undefined;
  private wasEnrolled = true;
  private savedAt = 0;

  constructor(private readonly parts: SignerParts) {}

  /** Starts the signer; `onFatal` is told of the error that stopped it, if one did. */
  start(onFatal: (error: Error) => void): void {
    this.running = this.run().catch(error => {
      if (!this.stopping.signal.aborted) onFatal(error as Error);
    });
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const store = await openFolder(this.parts.folder);
    try {
      const memory = await SignerMemory.load(store);
      while (!this.stopping.signal.aborted) await this.attempt(store, memory);
    } finally {
      await store.close();
    }
  }

  private async attempt(store: ClassicLevel<string, string>, memory: SignerMemory): Promise<void> {
    try {
      await this.follow(new FoldStore(store, this.parts.crypto), memory);
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      if (isFatal(error) || error instanceof SignerError) throw error;
      this.parts.report('warn', (error as Error).message, { retryInMs: RETRY_PAUSE_MS });
      await new Promise(resolve => setTimeout(resolve, RETRY_PAUSE_MS));
    }
  }

  private async follow(folds: FoldStore, memory: SignerMemory): Promise<void> {
    const { log, ledger } = this.parts;
    const fold = await folds.load(log, ledger);
    this.dirty.clear();
    this.sent.clear();
    this.savedAt = this.parts.clock();
    const writer = new RecordWriter(this.parts.publisher, { ledger, log, reader: fold.reading.reader });
    while (!this.stopping.signal.aborted) {
      await this.readOn(fold);
      await this.saveIfDue(folds, fold, SAVE_INTERVAL_MS);
      await this.signOpen(fold, memory, writer);
    }
    await this.saveIfDue(folds, fold, 0);
  }

  private async readOn({ reading, state }: SignerFold): Promise<void> {
    const { steps } = await reading.next(RECORDS_PER_BATCH, this.stopping.signal);
    for (const step of steps) {
      if (step.position === 0) {
        for (let bin = 0; bin < reading.reader.opened!.bins.count; bin++)
          state.targets.contents.set(bin, new Map());
      }
      this.noteDirty(evolveStep(state, step, this.parts.crypto), state.targets.opened!.bins.count);
    }
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

  private async saveIfDue(folds: FoldStore, fold: SignerFold, interval: number): Promise<void> {
    const now = this.parts.clock();
    if (now - this.savedAt < interval || this.dirty.size === 0 || !isQuiet(fold.state)) return;
    await folds.save(fold, this.parts.ledger, this.dirty);
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

  private async signOpen(
    { reading, state }: SignerFold,
    memory: SignerMemory,
    writer: RecordWriter,
  ): Promise<void> {
    const open = openOnlineDrafts(state).filter(draft => this.isUnsent(draft, reading.place.offset));
    // Only at the tail: what was appended meanwhile may have killed these drafts.
    if (open.length === 0 || !(await reading.isAtTail()) || !this.isEnrolled(reading)) return;
    const cut = state.root.lastCut!;
    if (cut.state !== this.begunState && !(await this.beginState(cut, state, writer))) return;
    await memory.remember(open.map(({ role, version, sha256 }) => ({ role, version, sha256 })));
    const signatures = (await Promise.all(open.map(draft => this.signDraft(draft)))).flat();
    const records = chunks(signatures, SIGNATURES_PER_RECORD).map(part => [
      { type: 'signed' as const, signatures: part },
    ]);
    const offsets = await writer.append(records);
    const at = performance.now();
    for (const draft of open) this.sent.set(sentKey(draft), { offset: offsets.at(-1)!, at });
  }

  /** Not sent yet, or sent but not there although the log was read beyond it: then it is sent again. */
  private isUnsent(draft: OpenDraft, offset: number): boolean {
    if (!this.keysFor(draft).some(key => !draft.signed.has(key.keyid))) return false;
    const sent = this.sent.get(sentKey(draft));
    return sent === undefined || (offset > sent.offset && performance.now() - sent.at > RESEND_PAUSE_MS);
  }

  private keysFor(draft: OpenDraft): SigningKey[] {
    return this.parts.keys.filter(key => draft.keys.keys.has(key.keyid));
  }

  private signDraft({ role, version, sha256, text, ...draft }: OpenDraft): Promise<SignedEntry[]> {
    const keys = this.keysFor({ role, version, sha256, text, ...draft }).filter(
      key => !draft.signed.has(key.keyid),
    );
    return Promise.all(
      keys.map(async key => ({
        role,
        version,
        sha256,
        keyid: key.keyid,
        sig: toHex(await key.sign(utf8(text))),
      })),
    );
  }

  /** Compares the cut of a state with the clock; a cut that is too far off is not signed. */
  private async beginState(cut: CutTime, state: ReplayState, writer: RecordWriter): Promise<boolean> {
    const now = this.parts.clock();
    if (Math.abs(now - cut.at) > CLOCK_TOLERANCE_MS) {
      await this.refuseState(cut, now, state.root.opened!.policy.cutInterval, writer);
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

interface CutTime {
  readonly state: number;
  readonly at: number;
}

function sentKey({ role, version }: OpenDraft): string {
  return `${role}@${version}`;
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}

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
