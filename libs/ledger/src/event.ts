// The closed union of events (DESIGN 2): what an index, its administrators and the services say to the ledger.
// Times are integer milliseconds (`at`) or the text that metadata will hold (`expires`); lifetimes are seconds.

import type { BinScheme, JsonObject, Key } from '#tuf';
import type { PathRule } from './path.js';

/** Keys and the threshold of them, as events write it. */
export interface KeySet {
  readonly keys: readonly Key[];
  readonly threshold: number;
}

/** How long an online role's metadata is valid, and how long before that it may be renewed; both in seconds. */
export interface Lifetime {
  readonly lifetime: number;
  readonly window: number;
}

export interface Policy {
  readonly hashBins: Lifetime;
  readonly snapshot: Lifetime;
  readonly timestamp: Lifetime;
  /** Least time between two cuts, in milliseconds, 1 or more. */
  readonly cutInterval: number;
  /** How long replaced online keys go on signing beside the new ones, in milliseconds. */
  readonly overlap: number;
}

/** The roles that `ledger.opened` gives keys to; `hashBins` are all the bins, which have one set of keys. */
export const KEYED_ROLES = [
  'root',
  'targets',
  'bins',
  'hashBins',
  'snapshot',
  'timestamp',
  'checkpoint',
] as const;
export type KeyedRole = (typeof KEYED_ROLES)[number];

/** The offline-signed roles, each after the one that delegates to it; the opening drafts them in this order. */
export const OFFLINE_ROLES = ['root', 'targets', 'bins'] as const;
export type OfflineRole = (typeof OFFLINE_ROLES)[number];

/** The roles whose keys a version of each carries. */
export const CARRIED: Readonly<Record<OfflineRole, readonly KeyedRole[]>> = {
  root: ['root', 'targets', 'snapshot', 'timestamp'],
  targets: ['bins'],
  bins: ['hashBins'],
};

export function isOfflineRole(name: string): name is OfflineRole {
  return (OFFLINE_ROLES as readonly string[]).includes(name);
}

export interface LedgerOpened {
  readonly type: 'ledger.opened';
  readonly origin: string;
  readonly pathRule: PathRule;
  readonly bins: { readonly scheme: BinScheme; readonly count: number };
  readonly administrators: KeySet;
  readonly roles: Readonly<Record<KeyedRole, KeySet>>;
  readonly policy: Policy;
}

/** What a publisher may append; an absent permission is not given. `index` holds patterns of project names. */
export interface Permissions {
  readonly index?: readonly string[];
  readonly delegate?: true;
  readonly cut?: true;
}

export interface PublisherEnrolled {
  readonly type: 'publisher.enrolled';
  readonly key: Key;
  readonly permissions: Permissions;
}

export interface PublisherRevoked {
  readonly type: 'publisher.revoked';
  readonly keyid: string;
}

export interface Hashes {
  readonly sha256: string;
  readonly sha512?: string;
}

/** Names a target: by project and filename under the path rule `project-file`, by path under `free`. */
export interface TargetName {
  readonly project?: string;
  readonly filename?: string;
  readonly path?: string;
}

export interface FileUploaded extends TargetName {
  readonly type: 'file.uploaded';
  readonly release?: string;
  readonly length: number;
  readonly hashes: Hashes;
  readonly uploadTime?: string;
  readonly requiresPython?: string;
  readonly coreMetadata?: true | Hashes;
}

export interface FileYanked extends TargetName {
  readonly type: 'file.yanked';
  readonly reason?: string;
}

export interface FileUnyanked extends TargetName {
  readonly type: 'file.unyanked';
}

export interface FileRemoved extends TargetName {
  readonly type: 'file.removed';
}

export interface ProjectRemoved {
  readonly type: 'project.removed';
  readonly project: string;
}

export interface PathReleased {
  readonly type: 'path.released';
  readonly path: string;
}

export interface RoleDelegated {
  readonly type: 'role.delegated';
  readonly delegator: string;
  readonly name: string;
  readonly keys: readonly Key[];
  readonly threshold: number;
  readonly paths: readonly string[];
  readonly terminating: boolean;
  readonly before?: string;
}

export interface RoleUndelegated {
  readonly type: 'role.undelegated';
  readonly delegator: string;
  readonly name: string;
}

/** From the version that carries it on, `role` has exactly these keys; the role `administrators` from the next record on. */
export interface KeyRotated {
  readonly type: 'key.rotated';
  readonly role: string;
  readonly keys: readonly Key[];
  readonly threshold: number;
}

/** As `key.rotated` without this key; what the key signed counts no longer than until it is taken away. */
export interface KeyRevoked {
  readonly type: 'key.revoked';
  readonly role: string;
  readonly keyid: string;
}

export interface PolicyChanged {
  readonly type: 'policy.changed';
  readonly policy: Policy;
}

export interface ClockSet {
  readonly type: 'clock.set';
  readonly at: number;
}

export interface RulesActivated {
  readonly type: 'rules.activated';
  readonly version: number;
}

/** The content of an offline-signed role, frozen: `sha256` of the canonical text of its `signed` part. */
export interface DraftProposed {
  readonly type: 'draft.proposed';
  readonly role: string;
  readonly version: number;
  readonly expires: string;
  readonly sha256: string;
}

export interface Cut {
  readonly type: 'cut';
  readonly state: number;
  readonly at: number;
}

/** One signature over a draft; `sha256` says which content was signed, `sig` is lower-case hex. */
export interface SignedEntry {
  readonly role: string;
  readonly version: number;
  readonly sha256: string;
  readonly keyid: string;
  readonly sig: string;
}

export interface Signed {
  readonly type: 'signed';
  readonly signatures: readonly SignedEntry[];
}

/** An event that puts, marks or takes away one target. */
export type FileEvent = FileUploaded | FileYanked | FileUnyanked | FileRemoved;

export type LedgerEvent =
  | LedgerOpened
  | PublisherEnrolled
  | PublisherRevoked
  | FileEvent
  | ProjectRemoved
  | PathReleased
  | RoleDelegated
  | RoleUndelegated
  | KeyRotated
  | KeyRevoked
  | PolicyChanged
  | ClockSet
  | RulesActivated
  | DraftProposed
  | Cut
  | Signed;

export type EventType = LedgerEvent['type'];

/** An event as JSON, for encodePayload: the union above holds nothing that JSON does not. */
export function eventJson(event: LedgerEvent): JsonObject & { readonly type: string } {
  return event as unknown as JsonObject & { readonly type: string };
}
