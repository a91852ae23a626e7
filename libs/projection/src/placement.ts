// Which projector decides an event. All readers find the same owner from the bytes and from what the opening fixed.

import {
  type Author,
  type Authority,
  CARRIED,
  type Cut,
  type DraftProposed,
  decodeEvent,
  type FileEvent,
  isAuthorityEvent,
  isOfflineRole,
  type KeyRevoked,
  type KeyRotated,
  type LedgerEvent,
  type LedgerOpened,
  mayCut,
  mayIndex,
  OFFLINE_ROLES,
  type OfflineRole,
  type PathReleased,
  type PathRule,
  type ProjectRemoved,
  pathFault,
  type RawEvent,
  type Rejection,
  type RoleDelegated,
  type RoleUndelegated,
  type Signed,
  type TargetName,
} from '#ledger';
import { binOfPathHash, type Crypto } from '#tuf';

/** An event with its owner. `refused` is a rejection found already, which the owner records. */
export type Placed =
  | { readonly owner: 'root'; readonly event?: LedgerEvent; readonly refused?: Rejection }
  | {
      readonly owner: 'bin';
      readonly bin: number;
      readonly path: string;
      readonly event: FileEvent | PathReleased;
      readonly refused?: Rejection;
    }
  | {
      readonly owner: 'project';
      readonly bin: number;
      readonly event: ProjectRemoved;
      readonly refused?: Rejection;
    }
  | {
      readonly owner: 'delegation';
      readonly bin: number;
      readonly event: RoleDelegated | RoleUndelegated;
      readonly refused?: Rejection;
    }
  | { readonly owner: 'role'; readonly event: Signed | DraftProposed }
  /** Keys that the draft of the same record carries. */
  | { readonly owner: 'keys'; readonly event: KeyRotated | KeyRevoked };

/** What placing needs to know: the opening, the authority at the record, and the role that the record drafts. */
export interface PlacementContext {
  readonly opened: LedgerOpened;
  readonly authority: Authority;
  readonly author: Author;
  readonly crypto: Crypto;
  readonly drafts?: OfflineRole | undefined;
}

/** The bin whose shard owns a name that no path falls under: a project's, or a delegated role's. */
export function binOfName(name: string, binCount: number, crypto: Crypto): number {
  return binOfPathHash(crypto.sha256Hex(name), binCount);
}

/** Places one event of a record whose frame allows it (see frameFault). Checks run in a fixed order: schema, path rule, permission. */
export function placeEvent(raw: RawEvent, context: PlacementContext): Placed {
  const event = decodeEvent(raw);
  if ('rejection' in event) return { owner: 'root', refused: event.rejection };
  switch (event.type) {
    case 'file.uploaded':
    case 'file.yanked':
    case 'file.unyanked':
    case 'file.removed':
      return placeFile(event, context);
    case 'path.released':
      return placePath(event, event.path, administratorsOnly(event, context), context);
    case 'project.removed':
      return placeProject(event, context);
    case 'role.delegated':
    case 'role.undelegated':
      return {
        owner: 'delegation',
        bin: binOfName(event.name, context.opened.bins.count, context.crypto),
        event,
      };
    case 'signed':
    case 'draft.proposed':
      return { owner: 'role', event };
    case 'cut':
      return withRefusal({ owner: 'root', event }, cutRefusal(event, context));
    case 'key.rotated':
    case 'key.revoked':
      if (!isAuthorityEvent(event)) return placeKeys(event, context);
      return { owner: 'root', event };
    default:
      // Events on authority are decided by every reader (see reader.ts), who says so itself when the author may not.
      return isAuthorityEvent(event)
        ? { owner: 'root', event }
        : withRefusal({ owner: 'root', event }, administratorsOnly(event, context));
  }
}

function withRefusal<T extends Placed>(placed: T, refused: Rejection | undefined): T {
  return refused ? { ...placed, refused } : placed;
}

/** A key of the log's checkpoints stands in no metadata; all others act through a version that carries them. */
function placeKeys(event: KeyRotated | KeyRevoked, context: PlacementContext): Placed {
  const { drafts } = context;
  if (drafts && CARRIED[drafts].some(role => role === event.role)) return { owner: 'keys', event };
  if (event.role === 'checkpoint')
    return withRefusal({ owner: 'root', event }, administratorsOnly(event, context));
  const carrier = OFFLINE_ROLES.find(role => CARRIED[role].some(name => name === event.role));
  const refused: Rejection = carrier
    ? {
        code: 'draft-missing',
        detail: `the keys of ${event.role} stand in ${carrier}: send ${event.type} in one record with the draft.proposed of its next version`,
      }
    : { code: 'draft-unknown', detail: `no role is named ${event.role}` };
  return { owner: 'root', event, refused };
}

function placeFile(event: FileEvent, context: PlacementContext): Placed {
  const path = targetPath(event, context.opened.pathRule);
  if (typeof path !== 'string') return { owner: 'root', event, refused: path };
  const slash = path.indexOf('/');
  const subject = slash < 0 ? path : path.slice(0, slash);
  return placePath(event, path, indexRefusal(subject, context), context);
}

function placePath(
  event: FileEvent | PathReleased,
  path: string,
  refused: Rejection | undefined,
  context: PlacementContext,
): Placed {
  return withRefusal(
    { owner: 'bin', bin: binOfName(path, context.opened.bins.count, context.crypto), path, event },
    refused,
  );
}

function placeProject(event: ProjectRemoved, context: PlacementContext): Placed {
  if (context.opened.pathRule === 'free') {
    const detail = 'under the path rule "free" targets belong to no project; remove them by their paths';
    return { owner: 'root', event, refused: { code: 'path-mismatch', detail } };
  }
  const bin = binOfName(event.project, context.opened.bins.count, context.crypto);
  return withRefusal({ owner: 'project', bin, event }, indexRefusal(event.project, context));
}

/** The path that a file event names under a path rule, or why it names none. */
export function targetPath(name: TargetName, rule: PathRule): string | Rejection {
  const { project, filename, path } = name;
  if (rule === 'free') {
    if (path === undefined)
      return { code: 'field-missing', detail: 'path is missing (this ledger has the path rule "free")' };
    if (project === undefined && filename === undefined) return path;
    return {
      code: 'path-mismatch',
      detail: 'under the path rule "free" an event has a path, and no project or filename',
    };
  }
  if (project === undefined) return { code: 'field-missing', detail: 'project is missing' };
  if (filename === undefined) return { code: 'field-missing', detail: 'filename is missing' };
  const named = `${project}/${filename}`;
  if (path !== undefined && path !== named) {
    return {
      code: 'path-mismatch',
      detail: `path must be "${named}", or absent, under the path rule "project-file"`,
    };
  }
  const fault = pathFault(named);
  return fault ? { code: fault.code, detail: `${named}: ${fault.detail}` } : named;
}

function indexRefusal(subject: string, { authority, author }: PlacementContext): Rejection | undefined {
  if (mayIndex(authority, author, subject)) return undefined;
  return { code: 'not-permitted', detail: `the record's key may not append index events of "${subject}"` };
}

function cutRefusal(_event: Cut, { authority, author }: PlacementContext): Rejection | undefined {
  return mayCut(authority, author)
    ? undefined
    : { code: 'not-permitted', detail: "the record's key may not append cuts" };
}

function administratorsOnly(event: LedgerEvent, { author }: PlacementContext): Rejection | undefined {
  if ('administrators' in author) return undefined;
  return {
    code: 'not-permitted',
    detail: `${event.type} needs a record signed by the administrators' threshold`,
  };
}

/** What is wrong with a record as a whole, for which all its events are rejected: rules above the active ones, or a mixture. */
export function frameFault(
  events: readonly RawEvent[],
  v: number,
  position: number,
  rules: number,
): Rejection | undefined {
  if (v > rules) {
    return {
      code: 'rules-not-active',
      detail: `the record is written in rules ${v}; rules ${rules} are active`,
    };
  }
  if (position === 0) return undefined;
  const alone = events.find(event => event.type === 'cut' || event.type === 'rules.activated');
  if (alone && events.length > 1)
    return { code: 'mixed-record', detail: `${alone.type} must stand alone in its record` };
  return draftRecordFault(events);
}

// A record with a draft holds one draft, before it the events on keys that it carries, and signatures (DESIGN 4).
function draftRecordFault(events: readonly RawEvent[]): Rejection | undefined {
  const index = events.findIndex(event => event.type === 'draft.proposed');
  if (index < 0) return undefined;
  const draft = events[index]!;
  const mixed = (detail: string): Rejection => ({ code: 'mixed-record', detail });
  if (events.filter(event => event.type === 'draft.proposed').length > 1)
    return mixed('a record holds at most one draft.proposed');
  const { role } = draft;
  // Its schema says so.
  if (typeof role !== 'string') return undefined;
  if (!isOfflineRole(role))
    return { code: 'not-in-rules', detail: `rules 1 draft ${OFFLINE_ROLES.join(', ')}, and no other role` };
  const stranger = events.find((event, i) => i !== index && !mayStandBeside(event, role));
  if (stranger) return mixed(`${stranger.type} must not stand in a record with draft.proposed of ${role}`);
  const late = events.findLastIndex(event => KEY_EVENTS.has(event.type)) > index;
  return late ? mixed('key events stand before the draft.proposed that carries them') : undefined;
}

const KEY_EVENTS: ReadonlySet<string> = new Set(['key.rotated', 'key.revoked']);

function mayStandBeside(event: RawEvent, drafted: OfflineRole): boolean {
  if (KEY_EVENTS.has(event.type)) return CARRIED[drafted].some(role => role === event.role);
  return event.type === 'signed';
}

/** The role that a record drafts, where its frame allows it and the draft is well-formed. */
export function draftedRole(events: readonly RawEvent[]): OfflineRole | undefined {
  const raw = events.find(event => event.type === 'draft.proposed');
  const draft = raw && decodeEvent(raw);
  return draft && 'role' in draft && isOfflineRole(draft.role) ? draft.role : undefined;
}
