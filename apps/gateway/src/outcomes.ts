// What became of events: from the projections, which keep a row for each that was not applied. An event without one, below its
// owner's watermark, was applied.

import type { LedgerEvent, LedgerOpened, RawEvent } from '#ledger';
import { binOfName, targetPath } from '#projection';
import type { StoredOutcome } from '#store';
import { binName, type Crypto } from '#tuf';
import type { History } from './history.js';
import type { EventPlace } from './publisher.js';

/** An event of the ledger with its place; it must lie below the watermarks of all services. */
export interface PlacedEvent extends EventPlace {
  readonly raw: RawEvent;
}

/** What became of one entry of a `signed` event; entries that were applied are not listed. */
interface EntryOutcome {
  readonly entry: number;
  readonly result: 'unchanged' | 'rejected';
  readonly code?: string;
  readonly detail?: string;
}

/** What became of an event; `role`, `version` and `snapshot` say where it was published first. */
export interface EventOutcome {
  readonly result: 'applied' | 'unchanged' | 'rejected';
  readonly code?: string;
  readonly detail?: string;
  readonly entries?: readonly EntryOutcome[];
  readonly role?: string;
  readonly version?: number;
  readonly snapshot?: number;
}

export class Outcomes {
  constructor(
    private readonly history: History,
    private readonly crypto: Crypto,
  ) {}

  /** What was decided on events, in their order; without where they were published. */
  async decided(events: readonly PlacedEvent[]): Promise<EventOutcome[]> {
    const positions = events.map(({ position }) => position);
    const rows = new Map<string, StoredOutcome[]>();
    for (const row of await this.history.outcomes(Math.min(...positions), Math.max(...positions))) {
      const key = `${row.position}.${row.event}`;
      rows.set(key, [...(rows.get(key) ?? []), row]);
    }
    return events.map(({ position, event, raw }) => outcomeOf(raw, rows.get(`${position}.${event}`) ?? []));
  }

  /** Adds to the outcomes of applied events the role in which each shows, where that is one. It follows from the event alone. */
  withRoles(
    events: readonly PlacedEvent[],
    outcomes: readonly EventOutcome[],
    opened: LedgerOpened,
  ): EventOutcome[] {
    return events.map(({ raw }, i) => {
      const outcome = outcomes[i]!;
      const isShown = outcome.result === 'applied' && changesTargets(raw);
      const role = isShown ? roleOf(raw, opened, this.crypto) : undefined;
      return role === undefined ? outcome : { ...outcome, role };
    });
  }

  /** Adds to the outcomes of applied events the role, its version and the state by which each was published, as far as that has happened. */
  async withPublication(
    events: readonly PlacedEvent[],
    outcomes: readonly EventOutcome[],
    opened: LedgerOpened,
  ): Promise<EventOutcome[]> {
    const shown = events.filter(({ raw }, i) => outcomes[i]!.result === 'applied' && changesTargets(raw));
    if (shown.length === 0) return [...outcomes];
    const positions = shown.map(({ position }) => position);
    const states = await this.history.statesBetween(Math.min(...positions), Math.max(...positions));
    const stateOf = (position: number) => states.find(({ cut }) => cut > position);
    const roles = new Map(shown.map(event => [event, roleOf(event.raw, opened, this.crypto)]));
    const wanted = shown.flatMap(event => {
      const role = roles.get(event);
      return role !== undefined && stateOf(event.position) ? [{ event, role, position: event.position }] : [];
    });
    const versions = await this.history.versionsAfter(wanted, states.at(-1)?.cut ?? -1);
    const versionOf = new Map(wanted.map(({ event }, i) => [event, versions[i]]));
    return events.map((event, i) => {
      const [role, version, state] = [roles.get(event), versionOf.get(event), stateOf(event.position)];
      if (!roles.has(event)) return outcomes[i]!;
      return {
        ...outcomes[i]!,
        ...(role !== undefined && { role }),
        ...(version !== undefined && { version }),
        ...(state && { snapshot: state.state }),
      };
    });
  }
}

function outcomeOf(raw: RawEvent, rows: readonly StoredOutcome[]): EventOutcome {
  const whole = rows.find(({ entry }) => entry < 0);
  if (whole) return withReason(whole);
  if (rows.length === 0) return { result: 'applied' };
  const entries = rows.map(row => ({ entry: row.entry, ...withReason(row) }));
  const count = (raw as unknown as { signatures: readonly unknown[] }).signatures.length;
  if (entries.length < count) return { result: 'applied', entries };
  return { result: entries.some(({ result }) => result === 'unchanged') ? 'unchanged' : 'rejected', entries };
}

function withReason({ result, code, detail }: StoredOutcome): Omit<EntryOutcome, 'entry'> {
  return { result, ...(code !== null && { code }), ...(detail !== null && { detail }) };
}

/** Whether an event, once applied, shows in a later state of the repository. */
export function changesTargets({ type }: RawEvent): boolean {
  return type.startsWith('file.') || type === 'project.removed' || type === 'path.released';
}

/** The hash bin that an event about one path changes; undefined for all other events. The event must not have been refused. */
function roleOf(raw: RawEvent, { bins, pathRule }: LedgerOpened, crypto: Crypto): string | undefined {
  const event = raw as unknown as LedgerEvent;
  const path = pathOf(event, pathRule);
  return path === undefined ? undefined : binName(binOfName(path, bins.count, crypto), bins.count);
}

function pathOf(event: LedgerEvent, pathRule: LedgerOpened['pathRule']): string | undefined {
  switch (event.type) {
    case 'file.uploaded':
    case 'file.yanked':
    case 'file.unyanked':
    case 'file.removed':
      return targetPath(event, pathRule) as string;
    case 'path.released':
      return event.path;
    default:
      return undefined;
  }
}
