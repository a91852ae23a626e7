// Random histories: what indexes, administrators, schedulers and signers may do in any order, and what others may throw between.

import fc from 'fast-check';
import { CARRIED, type EventType, OFFLINE_ROLES, type OfflineRole, type RawEvent } from '#ledger';
import type { KeyEvent } from '#projection';
import { nativeCrypto } from '#signing';
import type { Json } from '#tuf';
import { GOOD_EVENTS } from '../fixtures/good-events.js';
import { testKey } from '../fixtures/keys.js';
import { TestLedger, upload, type Writer } from '../fixtures/test-ledger.js';

/** The keys in hand that roles come to have. */
const POOL = ['root', 'offline', 'online', 'other', 'another'].map(testKey);

/** Any JSON that a record can hold: integers only, none beyond 2^53-1. */
const json: fc.Arbitrary<Json> = fc
  .jsonValue({ maxDepth: 4, stringUnit: 'grapheme' })
  .map(value => whole(value as Json));

function whole(value: Json): Json {
  if (typeof value === 'number') return Math.trunc(value % 2 ** 53) + 0;
  if (Array.isArray(value)) return value.map(whole);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, whole(inner)]));
}

const types = Object.keys(GOOD_EVENTS) as EventType[];
const fields = [...new Set(Object.values(GOOD_EVENTS).flatMap(event => Object.keys(event)))];
/** Values that pass the checks of some field, so that a fault lies where fields disagree. */
const plausible = fc.constantFrom<Json>(...Object.values(GOOD_EVENTS).flatMap(event => Object.values(event)));
const fieldValue = fc.oneof({ arbitrary: plausible, weight: 2 }, json);

/** Objects with known types and fields and anything in them. */
const wildEvent: fc.Arbitrary<RawEvent> = fc
  .tuple(
    fc.oneof({ arbitrary: fc.constantFrom<string>(...types), weight: 9 }, fc.string()),
    fc.dictionary(fc.oneof({ arbitrary: fc.constantFrom(...fields), weight: 9 }, fc.string()), fieldValue, {
      maxKeys: 8,
    }),
  )
  .map(([type, body]) => ({ ...body, type }));

/** A good event of which one field says something else. */
const bentEvent: fc.Arbitrary<RawEvent> = fc
  .constantFrom(...types)
  .chain(type => fc.tuple(fc.constant(type), fc.constantFrom(...Object.keys(GOOD_EVENTS[type])), fieldValue))
  .map(([type, field, value]) => ({ ...GOOD_EVENTS[type], [field]: value, type }));

// The one event that stops every reader: it has its own tests.
const isActivation = (event: RawEvent): boolean => event.type === 'rules.activated' && event.version === 2;
/** Events by which someone tries to break a fold. */
export const fuzzedEvent: fc.Arbitrary<RawEvent> = fc
  .oneof(wildEvent, bentEvent)
  .filter(event => !isActivation(event));

// A small world, so that events meet.
const projects = fc.constantFrom('a', 'b', 'a-b');
const filenames = fc.constantFrom('x', 'y', 'z', 'w');
const fileEvent = fc.tuple(
  fc.constantFrom('file.uploaded', 'file.yanked', 'file.unyanked', 'file.removed'),
  projects,
  filenames,
  fc.boolean(),
);

/** Events of files, mostly good ones, about a dozen paths. */
const indexEvent: fc.Arbitrary<RawEvent> = fc.oneof(
  {
    weight: 8,
    arbitrary: fileEvent.map(([type, project, filename, other]): RawEvent => {
      if (type === 'file.uploaded')
        return upload(project, filename, other ? 'one' : 'two') as unknown as RawEvent;
      return { type, project, filename, ...(type === 'file.yanked' && other ? { reason: 'broken' } : {}) };
    }),
  },
  { weight: 1, arbitrary: projects.map(project => ({ type: 'project.removed', project })) },
  { weight: 1, arbitrary: fuzzedEvent },
);

const released = fc
  .tuple(projects, filenames)
  .map(([project, filename]) => ({ type: 'path.released', path: `${project}/${filename}` }));
const enrolment = fc
  .constantFrom('gateway', 'scheduler', 'backend')
  .chain(name =>
    fc.constantFrom<RawEvent>(
      { type: 'publisher.enrolled', key: testKey(name).key, permissions: { index: ['a*'], cut: true } },
      { type: 'publisher.enrolled', key: testKey(name).key, permissions: { index: ['*'], cut: true } },
      { type: 'publisher.revoked', keyid: testKey(name).keyid },
    ),
  );
const settings = fc.constantFrom<RawEvent>(
  { type: 'clock.set', at: 1_767_225_600_000 },
  { type: 'clock.set', at: 1_767_312_000_000 },
);
const adminEvent = fc.oneof(released, enrolment, settings, fuzzedEvent);

/** One step of a history, as data. */
type Action =
  | { readonly does: 'index'; readonly backend: boolean; readonly events: RawEvent[] }
  | { readonly does: 'administrate'; readonly events: RawEvent[] }
  | { readonly does: 'cut'; readonly ahead: number; readonly hours: number }
  | { readonly does: 'sign'; readonly every: number; readonly spoilt: boolean }
  | { readonly does: 'rekey'; readonly role: OfflineRole; readonly changes: readonly KeyEvent[] }
  | { readonly does: 'publish' };

const some = (event: fc.Arbitrary<RawEvent>) => fc.array(event, { minLength: 1, maxLength: 5 });

export const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('index' as const),
      backend: fc.boolean(),
      events: some(indexEvent),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('administrate' as const), events: some(adminEvent) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('cut' as const),
      ahead: fc.constantFrom(1, 1, 1, 1, 0, 2),
      hours: fc.constantFrom(0, 1, 13),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('sign' as const),
      every: fc.constantFrom(1, 1, 2, 3),
      spoilt: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom(...OFFLINE_ROLES).chain(rekeying) },
  { weight: 3, arbitrary: fc.constant({ does: 'publish' as const }) },
);

/** The next version of a role, with other keys of those in hand for some of what it carries. */
function rekeying(role: OfflineRole): fc.Arbitrary<Action> {
  const change = fc
    .tuple(
      fc.constantFrom(...CARRIED[role]),
      fc.subarray([...POOL], { minLength: 1, maxLength: 3 }),
      fc.boolean(),
    )
    .map(([carried, keys, revokes]): KeyEvent[] => {
      const { length } = keys;
      const threshold = revokes ? Math.max(1, length - 1) : length;
      const rotated = {
        type: 'key.rotated',
        role: carried,
        keys: keys.map(({ key }) => key),
        threshold,
      } as const;
      if (!revokes || length < 2) return [rotated];
      return [rotated, { type: 'key.revoked', role: carried, keyid: keys[0]!.keyid }];
    });
  return fc
    .array(change, { maxLength: 2 })
    .map(changes => ({ does: 'rekey' as const, role, changes: changes.flat() }));
}

/** Plays actions on a new ledger with two bins. */
export function play(actions: readonly Action[]): TestLedger {
  const ledger = new TestLedger({ count: 2, crypto: nativeCrypto });
  const backend: Writer = { key: testKey('backend'), stream: 'main' };
  ledger.open();
  for (const step of actions) {
    if (step.does === 'index')
      ledger.append(ledger.record(step.backend ? backend : ledger.gateway, step.events));
    else if (step.does === 'administrate') ledger.append(ledger.record(ledger.administrators, step.events));
    else if (step.does === 'cut') cut(ledger, step.ahead, step.hours);
    else if (step.does === 'sign') sign(ledger, step.every, step.spoilt);
    else if (step.does === 'rekey') rekey(ledger, step.role, step.changes);
    else publish(ledger);
  }
  return ledger;
}

function cut(ledger: TestLedger, ahead: number, hours: number): void {
  const last = ledger.replay.state.root.lastCut;
  const at = (last?.at ?? 1_767_225_600_000) + 1 + hours * 3_600_000;
  ledger.append(ledger.record(ledger.scheduler, [{ type: 'cut', state: (last?.state ?? 0) + ahead, at }]));
}

function rekey(ledger: TestLedger, role: OfflineRole, changes: readonly KeyEvent[]): void {
  const { event } = ledger.proposal(role, ...changes);
  ledger.append(ledger.record(ledger.administrators, [...changes, event]));
}

function publish(ledger: TestLedger): void {
  cut(ledger, 1, 1);
  sign(ledger, 1, false);
  sign(ledger, 1, false);
}

/** Signs every so many of the open drafts; a spoilt one first, if that is wanted. */
function sign(ledger: TestLedger, every: number, spoilt: boolean): void {
  const drafts = ledger.openDrafts().filter((_, index) => index % every === 0);
  if (drafts.length === 0) return;
  const entries = drafts.flatMap(draft => ledger.entriesBy(draft, POOL));
  if (entries.length === 0) return;
  const wrong = { ...entries[0]!, sig: '00'.repeat(64) };
  ledger.append(
    ledger.record(ledger.signer, [{ type: 'signed', signatures: spoilt ? [wrong, ...entries] : entries }]),
  );
}
