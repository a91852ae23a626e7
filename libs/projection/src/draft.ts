// Every role goes the same way (DESIGN law 8): a draft is derived, whoever holds a key submits a signature over it, and with
// the record in which every needed threshold is met the version is complete and its set of signatures frozen: the first valid
// signature per key in log order, through that record's end. So a complete file's bytes are a function of the log.

import { APPLIED, rejected, type SignedEntry, UNCHANGED, type Verdict } from '#ledger';
import {
  type Crypto,
  fromHex,
  type Key,
  meetsThreshold,
  type RoleKeys,
  type RoleSignature,
  type SignatureCheck,
} from '#tuf';

/** A version of a role that waits for signatures. */
export interface Draft {
  readonly version: number;
  /** Unix seconds. */
  readonly expires: number;
  /** The position of the cut, or of the record that proposed it. */
  readonly position: number;
  /** SHA-256 (hex) of the canonical text of its `signed` part. */
  readonly sha256: string;
  /** The keyids and signatures so far, hex. */
  readonly signatures: Map<string, string>;
}

/** A version of a role whose every threshold is met. */
export interface CompleteVersion {
  readonly version: number;
  readonly expires: number;
  /** The position at which it was drafted. */
  readonly drafted: number;
  readonly sha256: string;
  /** The position of the record that completed it. */
  readonly completed: number;
}

/** The life of one role: the highest version ever drafted, the newest complete one, and the open draft. */
export interface RoleState {
  highest: number;
  complete?: CompleteVersion;
  draft?: Draft;
}

/** A version that just became complete, with its frozen signatures. */
export interface Completion {
  readonly role: string;
  readonly version: number;
  readonly position: number;
  readonly signatures: readonly RoleSignature[];
}

export function newRole(): RoleState {
  return { highest: 0 };
}

/** A newly drafted version of a role, with the canonical text to sign. */
export interface Drafted {
  readonly role: string;
  readonly version: number;
  /** Unix seconds. */
  readonly expires: number;
  readonly position: number;
  readonly sha256: string;
  readonly text: string;
}

/** The version that the role's next draft has: a number once drafted is never used again. */
export function nextVersion(role: RoleState): number {
  return role.highest + 1;
}

/** Opens a draft of a version above all before, in place of one that is open still. */
export function openDraft(name: string, role: RoleState, draft: Omit<Drafted, 'role'>): Drafted {
  const { version, expires, position, sha256 } = draft;
  role.highest = version;
  role.draft = { version, expires, position, sha256, signatures: new Map() };
  return { role: name, ...draft };
}

/** What checking one signature needs: the thresholds that the draft must meet, and the UTF-8 of the text that was to be signed. */
export interface DraftTrust {
  readonly requirements: readonly RoleKeys[];
  readonly message: () => Uint8Array;
  readonly crypto: Crypto;
}

/** Takes one entry of `signed` for this role: adds it to the open draft, or says why it changes nothing. */
export function submitSignature(role: RoleState, entry: SignedEntry, trust: DraftTrust): Verdict {
  const { draft, complete } = role;
  if (draft && entry.version === draft.version) return addSignature(draft, entry, trust);
  if (complete && entry.version === complete.version) {
    return entry.sha256 === complete.sha256 ? UNCHANGED : contentMismatch(entry, complete.sha256);
  }
  return entry.version <= role.highest
    ? rejected(
        'draft-dead',
        `${entry.role} ${entry.version} was superseded before it was complete, or is long complete`,
      )
    : rejected('draft-unknown', `${entry.role} has no draft of version ${entry.version}`);
}

function addSignature(draft: Draft, entry: SignedEntry, trust: DraftTrust): Verdict {
  if (entry.sha256 !== draft.sha256) return contentMismatch(entry, draft.sha256);
  const key = keyOf(trust.requirements, entry.keyid);
  if (!key) return rejected('key-not-in-role', `${entry.keyid} is no key of ${entry.role}`);
  if (draft.signatures.has(entry.keyid)) return UNCHANGED;
  if (!trust.crypto.verify(key, trust.message(), fromHex(entry.sig))) {
    return rejected(
      'signature-invalid',
      `the signature by ${entry.keyid} does not verify over ${entry.role} ${entry.version}`,
    );
  }
  draft.signatures.set(entry.keyid, entry.sig);
  return APPLIED;
}

/** The check that submitting `entry` will ask for, or undefined where it will be decided without. */
export function checkOf(
  { draft }: RoleState,
  entry: SignedEntry,
  { requirements, message }: Omit<DraftTrust, 'crypto'>,
): SignatureCheck | undefined {
  const key = keyOf(requirements, entry.keyid);
  if (!key || !draft || draft.version !== entry.version || draft.sha256 !== entry.sha256) return undefined;
  if (draft.signatures.has(entry.keyid)) return undefined;
  return { key, message: message(), signature: fromHex(entry.sig) };
}

/** The key of that keyid in the first of these sets that has one. */
export function keyOf(requirements: readonly RoleKeys[], keyid: string): Key | undefined {
  for (const { keys } of requirements) if (keys.has(keyid)) return keys.get(keyid);
  return undefined;
}

function contentMismatch(entry: SignedEntry, sha256: string): Verdict {
  return rejected(
    'draft-hash',
    `${entry.role} ${entry.version} has the SHA-256 ${sha256}, not ${entry.sha256}`,
  );
}

/** At the end of the record at `position`: completes the open draft if every threshold is met. */
export function settleDraft(
  name: string,
  role: RoleState,
  requirements: readonly RoleKeys[],
  position: number,
): Completion | undefined {
  const { draft } = role;
  // Where nobody may sign nothing is complete.
  if (!draft || requirements.length === 0) return undefined;
  if (!requirements.every(keys => meetsThreshold(keys, draft.signatures.keys()))) return undefined;
  const { version, expires, sha256 } = draft;
  role.complete = { version, expires, drafted: draft.position, sha256, completed: position };
  delete role.draft;
  const signatures = [...draft.signatures]
    .filter(([keyid]) => keyOf(requirements, keyid))
    .map(([keyid, sig]) => ({ keyid, sig }));
  return { role: name, version, position, signatures };
}

/** A role's state as text; roleStateOf reads it back. */
export function roleStateText(role: RoleState): string {
  const { draft } = role;
  return JSON.stringify(draft ? { ...role, draft: { ...draft, signatures: [...draft.signatures] } } : role);
}

/** The state of roleStateText. */
export function roleStateOf(text: string): RoleState {
  const role = JSON.parse(text);
  if (role.draft) role.draft.signatures = new Map(role.draft.signatures);
  return role;
}
