// From the values of the log to steps: admitted records whose events have owners. Every service reads through this, so all
// agree on positions, on authority and on what the bytes alone decide. A step carries all that a fold needs to know of its
// record, so that a fold may run behind the reader by a whole batch.

import {
  type Admission,
  type Author,
  type Authority,
  admissionOf,
  admissionText,
  admit,
  beginAdmission,
  type DecodedValue,
  decideAuthority,
  isAuthorityEvent,
  KNOWN_RULES,
  LedgerError,
  type LedgerOpened,
  type LedgerRecord,
  type NoiseReason,
  prefixRoot,
  type RejectionCode,
  recordChecks,
  rejected,
  type Verdict,
} from '#ledger';
import type { Crypto, SignatureCheck } from '#tuf';
import { decideOffline, NOTHING_OFFLINE, type OfflineEffects } from './offline.js';
import { draftedRole, frameFault, type Placed, placeEvent } from './placement.js';
import { newTrust, type OnlineKeySets, onlineKeySets, type Trust, trustOf, trustText } from './trust.js';

/** One record as the folds see it. */
export interface Step {
  readonly position: number;
  readonly author: Author;
  readonly events: readonly Placed[];
  /** Verdicts on events of authority, by the event's index: decided here, recorded by projector-root. */
  readonly authority: ReadonlyMap<number, Verdict>;
  /** What it did to the offline-signed roles: decided here, recorded by projector-root and projector-targets. */
  readonly offline: OfflineEffects;
  /** Of a cut: the Merkle root of the prefix that ends with it, and the keys of the online roles if the ledger is open by then. */
  readonly cut?: { readonly rootHash: string; readonly keys?: OnlineKeySets };
  readonly value: Uint8Array;
}

/** Reads one ledger's values in log order. */
export class Reader {
  /** `trust` as text, until it changes. */
  private trustSaved: string | undefined;

  private constructor(
    private readonly admission: Admission,
    /** The offline-signed roles and their keys, as of the records read so far. */
    readonly trust: Trust,
    private readonly crypto: Crypto,
  ) {}

  /** A reader before the first value of the ledger of that name (64 hex digits). */
  static begin(ledger: string, crypto: Crypto): Reader {
    return new Reader(beginAdmission(ledger), newTrust(), crypto);
  }

  /** A reader that goes on where the one went that gave `text`. */
  static resume(text: string, crypto: Crypto): Reader {
    const { admission, trust } = JSON.parse(text) as SavedReader;
    return new Reader(admissionOf(admission, crypto), trustOf(trust, crypto), crypto);
  }

  /** All that resume needs, as text. */
  save(): string {
    this.trustSaved ??= trustText(this.trust);
    const saved: SavedReader = { admission: admissionText(this.admission), trust: this.trustSaved };
    return JSON.stringify(saved);
  }

  /** Records read so far, which is the position of the next. */
  get size(): number {
    return this.admission.frontier.size;
  }

  /** The Merkle root (64 hex digits) of the records read so far. */
  get rootHash(): string {
    return prefixRoot(this.admission, this.crypto);
  }

  /** What the opening fixed; absent before it was read. */
  get opened(): LedgerOpened | undefined {
    return this.admission.open?.opened;
  }

  /** Publishers, administrators and rules as of the records read so far. */
  get authority(): Authority | undefined {
    return this.admission.open?.authority;
  }

  /**
   * Reads the next value of the log.
   * @throws LedgerError `rules-unknown` at an activation of rules that this code does not know: the one record that stops a service.
   */
  next(value: Uint8Array | DecodedValue): { readonly step: Step } | { readonly noise: NoiseReason } {
    const admitted = admit(this.admission, value, this.crypto);
    return 'noise' in admitted ? admitted : { step: this.stepOf(admitted.record) };
  }

  /** The signatures that reading a value will check, to verify them ahead: those by keys that are known by now. */
  checksOf(value: DecodedValue): SignatureCheck[] {
    return recordChecks(this.admission, value);
  }

  private stepOf(record: LedgerRecord): Step {
    const { opened, authority } = this.admission.open!;
    const { position, author, value } = record;
    const { events: raw, v } = record.payload;
    const fault = frameFault(raw, v, position, authority.rules);
    const context = { opened, authority, author, crypto: this.crypto, drafts: draftedRole(raw) };
    const events = raw.map(
      (event): Placed => (fault ? { owner: 'root', refused: fault } : placeEvent(event, context)),
    );
    const verdicts = this.decideAll(events, author, position);
    const offline = this.decideOffline({ position, author, events }, opened);
    const step = { position, author, events, authority: verdicts, offline, value };
    const isCut = events.some(placed => placed.owner === 'root' && placed.event?.type === 'cut');
    if (!isCut) return step;
    const keys = onlineKeySets(this.trust);
    return { ...step, cut: { rootHash: this.rootHash, ...(keys && { keys }) } };
  }

  private decideOffline(record: Pick<Step, 'position' | 'author' | 'events'>, opened: LedgerOpened) {
    const effects = decideOffline(this.trust, record, opened, this.crypto);
    if (effects !== NOTHING_OFFLINE) this.trustSaved = undefined;
    return effects;
  }

  private decideAll(events: readonly Placed[], author: Author, position: number): Map<number, Verdict> {
    const verdicts = new Map<number, Verdict>();
    // The opening's own enrolments were part of its admission.
    if (position === 0) return verdicts;
    const { authority } = this.admission.open!;
    events.forEach((placed, index) => {
      if (placed.owner !== 'root' || placed.refused || !placed.event || !isAuthorityEvent(placed.event))
        return;
      verdicts.set(index, decideAuthority(authority, placed.event, author, this.crypto));
    });
    if (authority.rules > KNOWN_RULES) throw rulesUnknown(authority.rules, position);
    return verdicts;
  }
}

interface SavedReader {
  readonly admission: string;
  readonly trust: string;
}

function rulesUnknown(version: number, position: number): LedgerError {
  return new LedgerError(
    'rules-unknown',
    `The record at position ${position} activates rules ${version}; this program knows rules up to ${KNOWN_RULES}. ` +
      'Upgrade every service of this ledger to a release that knows them, then start again: nothing was lost.',
  );
}

/** The verdict of an event that was refused before any fold saw it. */
export function refusal(refused: { code: RejectionCode; detail: string }): Verdict {
  return rejected(refused.code, refused.detail);
}

/** What the opening says, if the step is the opening; undefined for every other. */
export function openedIn(step: Step): LedgerOpened | undefined {
  const first = step.events[0];
  if (step.position !== 0 || first?.owner !== 'root' || first.event?.type !== 'ledger.opened')
    return undefined;
  return first.event;
}
