import { describe, expect, it } from 'vitest';
import { KNOWN_RULES, LedgerError, type LedgerEvent, type RawEvent } from '#ledger';
import { Reader } from '#projection';
import { nativeCrypto } from '#signing';
import { codesOf } from '../../../test/fixtures/outcomes.js';
import { TEST_EPOCH_MS, TestLedger, upload } from '../../../test/fixtures/test-ledger.js';

const FILE = upload('six', 'six-1.0.tar.gz');
const CUT: LedgerEvent = { type: 'cut', state: 1, at: TEST_EPOCH_MS };
const ENROLMENT = (ledger: TestLedger): LedgerEvent => ({
  type: 'publisher.enrolled',
  key: ledger.keys.online.key,
  permissions: { cut: true },
});

const newLedger = () => new TestLedger({ count: 2, crypto: nativeCrypto }).open();
const bySchedule = (ledger: TestLedger, ...events: (LedgerEvent | RawEvent)[]) =>
  ledger.append(ledger.record(ledger.scheduler, events))!;
const byAdministrators = (ledger: TestLedger, ...events: (LedgerEvent | RawEvent)[]) =>
  ledger.append(ledger.record(ledger.administrators, events))!;

describe('a record written in later rules than the active ones', () => {
  it('is a record, all of whose events are rejected', () => {
    const ledger = newLedger();
    const v = KNOWN_RULES + 1;
    const size = ledger.replay.state.reader.size;
    const said = ledger.append(
      ledger.record(ledger.gateway, [FILE, { type: 'from the future' }, CUT], { v }),
    )!;
    expect(codesOf(said)).toEqual(['rules-not-active', 'rules-not-active', 'rules-not-active']);
    const cut = ledger.append(ledger.record(ledger.scheduler, [CUT], { v: Number.MAX_SAFE_INTEGER }))!;
    expect(codesOf(cut)).toEqual(['rules-not-active']);
    const enrol = ledger.append(ledger.record(ledger.administrators, [ENROLMENT(ledger)], { v }))!;
    expect(codesOf(enrol)).toEqual(['rules-not-active']);
    const rules = ledger.append(
      ledger.record(ledger.administrators, [{ type: 'rules.activated', version: 2 }], { v }),
    )!;
    expect(codesOf(rules)).toEqual(['rules-not-active']);
    expect(ledger.replay.state.reader.size).toBe(size + 4);
    expect(codesOf(ledger.say(FILE))).toEqual(['applied']);
    expect(ledger.append(ledger.record({ key: ledger.keys.online, stream: 'main' }, [FILE]))).toBeUndefined();
  });
});

describe('an activation of rules', () => {
  it('that this code does not know stops it, and it stays stopped', () => {
    const ledger = newLedger();
    const reader = Reader.resume(ledger.replay.state.reader.save(), nativeCrypto);
    const next = (value: Uint8Array) => () => reader.next(value);
    const unknown = expect.objectContaining({ code: 'rules-unknown', retryable: false });
    const activation = ledger.record(ledger.administrators, [{ type: 'rules.activated', version: 2 }]);
    expect(next(activation)).toThrow(LedgerError);
    expect(next(ledger.record(ledger.gateway, [FILE]))).toThrow(unknown);
    const resumed = Reader.resume(reader.save(), nativeCrypto);
    expect(() => resumed.next(ledger.record(ledger.gateway, [FILE]))).toThrow(unknown);
  });

  it('says at which record it stopped', () => {
    const ledger = newLedger();
    const position = ledger.replay.state.reader.size;
    expect(() => byAdministrators(ledger, { type: 'rules.activated', version: 2 })).toThrow(
      `position ${position}`,
    );
  });

  it.each([1, 3, Number.MAX_SAFE_INTEGER])('of another version than the next is rejected: %i', version => {
    expect(codesOf(byAdministrators(newLedger(), { type: 'rules.activated', version }))).toEqual([
      'rules-version',
    ]);
  });

  it('is for administrators', () => {
    expect(codesOf(newLedger().say({ type: 'rules.activated', version: 2 }))).toEqual(['not-permitted']);
  });
});

describe('a record that mixes what must stand alone', () => {
  const draft = (role: string): RawEvent => ({ type: 'draft.proposed', role });

  it.each<[string, (LedgerEvent | RawEvent)[]]>([
    ['a cut and a file', [CUT, FILE]],
    ['a file and a cut', [FILE, CUT]],
    ['two cuts', [CUT, CUT]],
    ['a malformed cut and a malformed file', [{ type: 'cut' }, { type: 'file.uploaded' }]],
    ['rules and a file', [{ type: 'rules.activated', version: 2 }, FILE]],
    [
      'rules and rules',
      [
        { type: 'rules.activated', version: 2 },
        { type: 'rules.activated', version: 2 },
      ],
    ],
    ['two drafts', [draft('root'), draft('targets')]],
    ['a draft and an opening', [draft('root'), { type: 'ledger.opened' }]],
    ['a draft and an enrolment', [{ type: 'publisher.enrolled' }, draft('root')]],
    ['a draft and a revocation', [{ type: 'publisher.revoked' }, draft('root')]],
    ['a draft and a removed project', [{ type: 'project.removed' }, draft('root')]],
    ['a draft and a released path', [{ type: 'path.released' }, draft('root')]],
    ['a draft and a policy', [{ type: 'policy.changed' }, draft('root')]],
    ['a draft and a clock', [{ type: 'clock.set' }, draft('root')]],
    ['a draft and a cut', [draft('root'), CUT]],
  ])('is rejected as a whole: %s', (_what, events) => {
    const ledger = newLedger();
    const codes = codesOf(byAdministrators(ledger, ...events));
    expect(codes).toEqual(events.map(() => 'mixed-record'));
    expect(ledger.replay.state.root.lastCut).toBeUndefined();
  });

  it('is rejected before its rules are: the rules of a mixed record do not act', () => {
    const ledger = newLedger();
    byAdministrators(ledger, { type: 'rules.activated', version: 2 }, FILE);
    expect(codesOf(ledger.say(FILE))).toEqual(['applied']);
  });

  it.each<[string, (LedgerEvent | RawEvent)[]]>([
    ['alone', [draft('dev')]],
    ['with files and signatures', [FILE, draft('dev'), { type: 'signed' }]],
  ])('a draft of another role than root, targets and bins has no rules yet: %s', (_what, events) => {
    expect(codesOf(byAdministrators(newLedger(), ...events))).toEqual(events.map(() => 'not-in-rules'));
  });

  it('may be anything else', () => {
    const ledger = newLedger();
    const events = [
      FILE,
      { type: 'signed' },
      { type: 'unheard of' },
      ENROLMENT(ledger),
      { type: 'clock.set', at: 1 },
    ];
    expect(codesOf(byAdministrators(ledger, ...events))).toEqual([
      'not-permitted',
      'field-missing',
      'event-unknown',
      'applied',
      'not-open',
    ]);
  });
});

describe('events without rules', () => {
  it.each<[string, LedgerEvent]>([
    ['key.revoked', { type: 'key.revoked', role: 'checkpoint', keyid: '00'.repeat(32) }],
    ['role.undelegated', { type: 'role.undelegated', delegator: 'bins', name: 'dev' }],
  ])('%s has no effect, by whomever it may be said', (_what, event) => {
    expect(codesOf(byAdministrators(newLedger(), event))).toEqual(['not-in-rules']);
  });

  it('administration by others is not permitted, whether it has rules or not', () => {
    expect(codesOf(newLedger().say({ type: 'clock.set', at: 1 }))).toEqual(['not-permitted']);
  });

  it('a ledger opens once', () => {
    const ledger = newLedger();
    const opened = ledger.replay.state.reader.opened!;
    expect(codesOf(byAdministrators(ledger, opened))).toEqual(['already-open']);
    expect(codesOf(ledger.say(opened))).toEqual(['not-permitted']);
  });
});

describe('bad events', () => {
  it('are rejected one by one; those beside them are decided', () => {
    const bad = { type: 'file.uploaded', project: 'six' };
    expect(codesOf(newLedger().say(bad, FILE, { type: 'x' }, upload('six', 'b')))).toEqual([
      'field-missing',
      'applied',
      'event-unknown',
      'applied',
    ]);
  });

  it('cuts need their permission, before all else', () => {
    const ledger = new TestLedger({ count: 2, crypto: nativeCrypto });
    expect(codesOf(ledger.say(CUT))).toEqual(['not-permitted']);
    expect(codesOf(byAdministrators(ledger, CUT))).toEqual(['not-permitted']);
    expect(codesOf(bySchedule(ledger, CUT))).toEqual(['not-open']);
  });
});
