import { describe, expect, it } from 'vitest';
import type { LedgerEvent } from '#ledger';
import { Reader, Replay } from '#projection';
import { nativeCrypto } from '#signing';
import { type TestKey, testKey } from '../../../test/fixtures/keys.js';
import { codesOf } from '../../../test/fixtures/outcomes.js';
import {
  TEST_EPOCH_MS,
  TestLedger,
  type TestLedgerOptions,
  upload,
} from '../../../test/fixtures/test-ledger.js';
import { seenRepository } from '../../../test/fixtures/verify-repository.js';

const DAY_MS = 86_400_000;
const keySet = (...keys: TestKey[]) => ({ keys, threshold: keys.length });
const rotated = (role: string, keys: readonly TestKey[], threshold = keys.length) =>
  ({ type: 'key.rotated', role, keys: keys.map(({ key }) => key), threshold }) as const;
const revoked = (role: string, { keyid }: TestKey) => ({ type: 'key.revoked', role, keyid }) as const;

/** A ledger with one complete state, and the files that its repository shows after each later one. */
class Watched extends TestLedger {
  readonly shown = new Map<string, Uint8Array>();
  private state = 0;

  constructor(options: TestLedgerOptions = {}) {
    super({ count: 2, crypto: nativeCrypto, ...options });
    this.open();
    this.publish();
  }

  /** Cuts, signs until the state is complete, and shows it file by file; a client of any root must verify each time. */
  override publish(at?: number) {
    const effects = super.publish(at);
    const state = this.published.state!;
    if (state.state === this.state) return effects;
    this.state = state.state;
    const { files } = this.published;
    for (const [name, bytes] of files) if (!/root|timestamp/.test(name)) this.shown.set(name, bytes);
    const roots = Array.from({ length: state.root }, (_, i) => i + 1).filter(
      version => !this.shown.has(`${version}.root.json`),
    );
    const show = (name: string) => this.shown.set(name, files.get(name)!);
    for (const root of roots.filter(version => version <= state.rootsBefore)) show(`${root}.root.json`);
    show('timestamp.json');
    this.look();
    for (const root of roots.filter(version => version > state.rootsBefore)) {
      show(`${root}.root.json`);
      this.look();
    }
    return effects;
  }

  /** What clients see that trust each root that there is; all the same. */
  look() {
    let seen = seenRepository(this.shown)!;
    for (let root = 1; this.shown.has(`${root}.root.json`); root++) seen = seenRepository(this.shown, root)!;
    return seen;
  }

  signers(file: string): string[] {
    const { signatures } = JSON.parse(new TextDecoder().decode(this.published.files.get(file)));
    return (signatures as { keyid: string }[]).map(({ keyid }) => keyid);
  }

  life(role: 'root' | 'targets' | 'bins') {
    return this.replay.state.reader.trust.get(role)!.life;
  }
}

const { root, offline, online } = new TestLedger().keys;
const [second, third] = [testKey('second'), testKey('third')];
const byAdministrators = (ledger: TestLedger, ...events: LedgerEvent[]) =>
  codesOf(ledger.append(ledger.record(ledger.administrators, events))!);
const sorted = (...keys: TestKey[]) => keys.map(({ keyid }) => keyid).sort();

describe('root', () => {
  it('is renewed with the same keys', () => {
    const ledger = new Watched();
    const draft = ledger.propose('root');
    expect(draft).toMatchObject({ role: 'root', version: 2 });
    expect(codesOf(ledger.signWith(draft, root))).toEqual(['applied']);
    expect(ledger.life('root')).toMatchObject({ highest: 2, complete: { version: 2 } });
    ledger.publish();
    expect(ledger.look()).toMatchObject({ root: 2, timestamp: 2 });
  });

  it('with other keys needs the thresholds of both', () => {
    const ledger = new Watched();
    const draft = ledger.propose('root', rotated('root', [second, third]));
    expect(codesOf(ledger.signWith(draft, second, third))).toEqual(['applied', 'applied']);
    expect(ledger.life('root').complete?.version).toBe(1);
    expect(codesOf(ledger.signWith(draft, testKey('stranger')))).toEqual(['key-not-in-role']);
    ledger.signWith(draft, root);
    expect(ledger.life('root').complete?.version).toBe(2);
    ledger.publish();
    expect(ledger.signers('2.root.json')).toEqual(sorted(root, second, third));
    const next = ledger.propose('root', rotated('root', [second]));
    expect(codesOf(ledger.signWith(next, root))).toEqual(['key-not-in-role']);
    ledger.signWith(next, third, second);
    ledger.publish();
    expect(ledger.look().root).toBe(3);
  });

  it('signed by a key that leaves alone is not complete', () => {
    const ledger = new Watched({ roles: { root: keySet(root) } });
    const draft = ledger.propose('root', rotated('root', [second]));
    expect(codesOf(ledger.signWith(draft, root))).toEqual(['applied']);
    expect(ledger.life('root').complete?.version).toBe(1);
  });

  it('skips no version, and keeps its own when it is proposed anew', () => {
    const ledger = new Watched();
    const { event } = ledger.proposal('root');
    expect(byAdministrators(ledger, { ...event, version: 3 })).toEqual(['draft-version']);
    expect(byAdministrators(ledger, { ...event, version: 1 })).toEqual(['draft-version']);
    const first = ledger.propose('root', rotated('root', [second]));
    const again = ledger.propose('root', rotated('root', [third]));
    expect(again.version).toBe(2);
    expect(codesOf(ledger.signWith(first, root))).toEqual(['draft-hash']);
    ledger.signWith(again, root, third);
    expect(ledger.life('root').complete?.sha256).toBe(again.sha256);
  });

  it('that is proposed twice keeps its signatures', () => {
    const ledger = new Watched();
    const change = rotated('root', [second]);
    const draft = ledger.propose('root', change);
    const { event } = ledger.proposal('root', change);
    ledger.signWith(draft, root);
    expect(byAdministrators(ledger, change, event)).toEqual(['unchanged', 'unchanged']);
    ledger.signWith(draft, second);
    expect(ledger.life('root').complete?.version).toBe(2);
    expect(byAdministrators(ledger, change, event)).toEqual(['unchanged', 'unchanged']);
  });

  it('is proposed by administrators, or by whoever relays a signature of its keys', () => {
    const ledger = new Watched();
    const change = rotated('root', [second]);
    const { event, text } = ledger.proposal('root', change);
    const draft = { ...event, text, expires: 0, position: 0 };
    const relay = (...keys: TestKey[]) =>
      codesOf(
        ledger.say(change, event, { type: 'signed', signatures: keys.map(key => ledger.entry(draft, key)) }),
      );
    expect(codesOf(ledger.say(change, event))).toEqual(['not-permitted', 'not-permitted']);
    expect(relay(second)).toEqual(['not-permitted', 'not-permitted', 'draft-unknown']);
    expect(relay(root, second)).toEqual(['applied', 'applied', 'applied', 'applied']);
    expect(ledger.life('root').complete?.version).toBe(2);
  });
});

describe('online keys', () => {
  const rotate = (ledger: Watched, ...events: Parameters<Watched['propose']>[1][]) => {
    ledger.signWith(ledger.propose('root', ...events), root);
    expect(ledger.life('root').draft).toBeUndefined();
  };

  it('sign beside the new ones until the overlap is over', () => {
    const ledger = new Watched();
    rotate(ledger, rotated('timestamp', [second]), rotated('snapshot', [third]));
    ledger.use('timestamp', keySet(second, online));
    ledger.use('snapshot', keySet(third, online));
    const begun = TEST_EPOCH_MS + 10_000;
    ledger.publish(begun);
    expect(ledger.signers('timestamp.json')).toEqual(sorted(online, second));
    expect(ledger.signers('2.snapshot.json')).toEqual(sorted(online, third));
    ledger.publish(begun + DAY_MS - 1);
    expect(ledger.signers('timestamp.json')).toEqual(sorted(online, second));
    ledger.use('timestamp', keySet(second));
    ledger.use('snapshot', keySet(third));
    ledger.publish(begun + DAY_MS);
    expect(ledger.signers('timestamp.json')).toEqual([second.keyid]);
    expect(ledger.signers('4.snapshot.json')).toEqual([third.keyid]);
    // Whoever has not got that root by now must find it before a state that only it can verify.
    expect(ledger.effects.flatMap(({ timestamp }) => timestamp.state?.rootsBefore ?? [])).toEqual([
      1, 1, 1, 2,
    ]);
    expect(ledger.look()).toMatchObject({ root: 2, timestamp: 4 });
  });

  it('overlap from the first complete state, however many died before', () => {
    const ledger = new Watched();
    rotate(ledger, rotated('timestamp', [second]));
    ledger.use('timestamp', keySet(second, online));
    ledger.cut({ at: TEST_EPOCH_MS + 10_000 });
    ledger.publish(TEST_EPOCH_MS + 2 * DAY_MS);
    expect(ledger.signers('timestamp.json')).toEqual(sorted(online, second));
    ledger.publish(TEST_EPOCH_MS + 3 * DAY_MS - 1);
    expect(ledger.signers('timestamp.json')).toEqual(sorted(online, second));
  });

  it('of several roots in a row all sign', () => {
    const ledger = new Watched();
    rotate(ledger, rotated('timestamp', [second]));
    rotate(ledger, rotated('timestamp', [third]));
    ledger.use('timestamp', keySet(third, second, online));
    ledger.publish();
    expect(ledger.signers('timestamp.json')).toEqual(sorted(online, second, third));
    expect(ledger.look().root).toBe(3);
  });

  it('that change end the open state', () => {
    const ledger = new Watched();
    ledger.say(upload('six', 'a'));
    ledger.cut();
    rotate(ledger, rotated('timestamp', [second]));
    expect(ledger.openDrafts().map(({ role }) => role)).not.toContain('snapshot');
    ledger.sign();
    expect(ledger.published.state?.state).toBe(1);
    expect(ledger.replay.state.root.killed).toBeGreaterThan(ledger.replay.state.root.lastCut!.position);
    ledger.use('timestamp', keySet(second, online));
    ledger.publish();
    expect(ledger.look().timestamp).toBe(3);
  });

  it('that are revoked sign no more, and their root comes before the state', () => {
    const ledger = new Watched({ roles: { timestamp: keySet(online, second) } });
    const events = [rotated('timestamp', [second, online], 1), revoked('timestamp', online)];
    rotate(ledger, ...events);
    ledger.use('timestamp', keySet(second));
    ledger.publish();
    expect(ledger.published.state).toMatchObject({ root: 2, rootsBefore: 2 });
    expect(ledger.signers('timestamp.json')).toEqual([second.keyid]);
    expect(ledger.look().root).toBe(2);
  });
});

describe('the keys of targets and bins', () => {
  it('change when a version of theirs bears both', () => {
    const ledger = new Watched();
    const next = ledger.propose('root', rotated('targets', [second]));
    expect(codesOf(ledger.signWith(next, root))).toEqual(['targets-first']);
    const targets = ledger.propose('targets');
    ledger.signWith(targets, offline);
    expect(ledger.life('targets').complete?.version).toBe(1);
    ledger.signWith(targets, second);
    expect(ledger.life('targets').complete?.version).toBe(2);
    expect(codesOf(ledger.signWith(next, root))).toEqual(['applied']);
    ledger.publish();
    expect(ledger.look()).toMatchObject({ root: 2, timestamp: 2 });
    expect(ledger.signers('2.targets.json')).toEqual(sorted(offline, second));
  });

  it('that are lost are replaced by a version that becomes complete with its delegator', () => {
    const ledger = new Watched();
    const lost = testKey('lost');
    const next = ledger.propose('targets', rotated('bins', [second, lost], 1), revoked('bins', lost));
    expect(codesOf(ledger.signWith(next, offline))).toEqual(['bins-first']);
    const bins = ledger.propose('bins');
    ledger.signWith(bins, second);
    expect(ledger.life('bins').complete?.version).toBe(1);
    expect(codesOf(ledger.signWith(next, offline))).toEqual(['applied']);
    expect(ledger.life('bins').complete).toMatchObject({ version: 2 });
    expect(ledger.life('targets').complete).toMatchObject({ version: 2 });
    ledger.publish();
    expect(ledger.look().versions.get('bins')).toBe(2);
  });

  it('of targets that are lost bring their root before the state', () => {
    const ledger = new Watched();
    const next = ledger.propose('root', rotated('targets', [second]));
    ledger.signWith(ledger.propose('targets'), second);
    ledger.signWith(next, root);
    expect(ledger.life('targets').complete?.version).toBe(2);
    ledger.publish();
    expect(ledger.published.state).toMatchObject({ root: 2, rootsBefore: 2 });
    expect(ledger.signers('2.targets.json')).toEqual([second.keyid]);
  });

  it('of targets are not in force while targets themselves wait for bins', () => {
    const ledger = new Watched();
    const next = ledger.propose('root', rotated('targets', [second]));
    const targets = ledger.propose('targets', rotated('bins', [third]));
    // No key of bins has signed, so that targets 2 can't become complete with root 2.
    ledger.signWith(targets, second);
    expect(codesOf(ledger.signWith(next, root))).toEqual(['targets-first']);
    ledger.publish();
    ledger.signWith(ledger.propose('bins'), third);
    ledger.signWith(next, root);
    ledger.publish();
    expect(ledger.look()).toMatchObject({ root: 2, timestamp: 3 });
  });

  it('may all change at once', () => {
    const ledger = new Watched();
    const next = ledger.propose('root', rotated('targets', [second]), rotated('root', [third]));
    const targets = ledger.propose('targets', rotated('bins', [third]));
    const bins = ledger.propose('bins', rotated('hashBins', [second]));
    ledger.signWith(bins, third, offline);
    ledger.signWith(targets, offline, second);
    ledger.signWith(next, root, third);
    ledger.use('hashBins', keySet(second));
    ledger.publish();
    expect(ledger.look()).toMatchObject({ root: 2, timestamp: 2 });
  });
});

describe('the key of the hash bins', () => {
  it('enters with bins, all of them issued anew in one state', () => {
    const ledger = new Watched();
    ledger.signWith(ledger.propose('bins', rotated('hashBins', [second])), offline);
    ledger.use('hashBins', keySet(second));
    ledger.publish();
    const { versions } = ledger.look();
    expect(Object.fromEntries(versions)).toEqual({ targets: 1, bins: 2, 'bins-0': 2, 'bins-1': 2 });
    expect(ledger.signers('2.bins-0.json')).toEqual([second.keyid]);
    ledger.publish();
    expect(ledger.look().versions.get('bins-0')).toBe(2);
  });

  it('that changes twice between cuts, back to what it was, issues them anew too', () => {
    const ledger = new Watched();
    ledger.signWith(ledger.propose('bins', rotated('hashBins', [second])), offline);
    ledger.signWith(ledger.propose('bins', rotated('hashBins', [online])), offline);
    ledger.publish();
    expect(ledger.look().versions.get('bins-0')).toBe(2);
  });

  it('issues them anew in the next state when the first one died', () => {
    const ledger = new Watched();
    ledger.signWith(ledger.propose('bins', rotated('hashBins', [second])), offline);
    ledger.use('hashBins', keySet(second));
    ledger.cut();
    ledger.sign(ledger.openDrafts().filter(({ role }) => role === 'bins-0'));
    ledger.publish();
    expect(Object.fromEntries(ledger.look().versions)).toMatchObject({ 'bins-0': 2, 'bins-1': 3 });
  });

  it('that changes while a state is open leaves that state to the old one', () => {
    const ledger = new Watched();
    ledger.say(upload('six', 'a'), upload('six', 'b'), upload('six', 'c'));
    ledger.cut();
    ledger.signWith(ledger.propose('bins', rotated('hashBins', [second])), offline);
    ledger.sign();
    ledger.sign();
    expect(ledger.published.state?.state).toBe(2);
    ledger.use('hashBins', keySet(second));
    ledger.publish();
    expect(ledger.look()).toMatchObject({ timestamp: 3 });
  });
});

describe('a record with a draft', () => {
  it('is decided as a whole', () => {
    const ledger = new Watched();
    const { event } = ledger.proposal('root');
    const change = rotated('timestamp', [second]);
    expect(byAdministrators(ledger, change, event)).toEqual(['draft-hash', 'draft-hash']);
    expect(byAdministrators(ledger, change, { ...change, threshold: 2 }, event)).toEqual([
      'mixed-record',
      'field-range',
      'mixed-record',
    ]);
    expect(byAdministrators(ledger, revoked('timestamp', second), event)).toEqual([
      'key-not-in-role',
      'key-not-in-role',
    ]);
    expect(byAdministrators(ledger, revoked('timestamp', online), event)).toEqual([
      'threshold-unreachable',
      'threshold-unreachable',
    ]);
    expect(byAdministrators(ledger, change, { ...event, version: 0 })).toEqual([
      'draft-missing',
      'field-range',
    ]);
    expect(ledger.life('root').draft).toBeUndefined();
  });

  it.each<[string, LedgerEvent]>([
    ['a key of another role', rotated('hashBins', [second])],
    ['a key of nobody', rotated('nobody', [second])],
    ['a file', upload('six', 'a')],
    ['a delegation', { type: 'role.undelegated', delegator: 'bins', name: 'dev' }],
  ])('holds nothing else: %s', (_what, event) => {
    const ledger = new Watched();
    expect(byAdministrators(ledger, event, ledger.proposal('root').event)).toEqual([
      'mixed-record',
      'mixed-record',
    ]);
  });

  it('names what it carries first', () => {
    const ledger = new Watched();
    const change = rotated('timestamp', [second]);
    const { event } = ledger.proposal('root', change);
    expect(byAdministrators(ledger, event, change)).toEqual(['mixed-record', 'mixed-record']);
  });

  it('gives leave by a signature that follows it, not by one before', () => {
    const ledger = new Watched();
    const { event, text } = ledger.proposal('root');
    const entry = ledger.entry({ ...event, text, expires: 0, position: 0 }, root);
    const signed: LedgerEvent = { type: 'signed', signatures: [entry] };
    expect(codesOf(ledger.say(signed, event))).toEqual(['draft-unknown', 'not-permitted']);
    expect(codesOf(ledger.say(event, signed))).toEqual(['applied', 'applied']);
  });

  it('of the administrators is replaced by nobody else', () => {
    const ledger = new Watched();
    const draft = ledger.propose('root', rotated('timestamp', [second]));
    const { event, text } = ledger.proposal('root');
    const entry = ledger.entry({ ...event, text, expires: 0, position: 0 }, root);
    const said = ledger.say(event, { type: 'signed', signatures: [entry] });
    expect(codesOf(said)).toEqual(['not-permitted', 'draft-hash']);
    ledger.signWith(draft, root);
    expect(ledger.life('root').complete?.sha256).toBe(draft.sha256);
  });

  it('is another one where its key events are', () => {
    const ledger = new Watched();
    const change = rotated('root', [second]);
    ledger.propose('root', change);
    const { event } = ledger.proposal('root', change);
    expect(byAdministrators(ledger, rotated('root', [third]), event)).toEqual(['draft-hash', 'draft-hash']);
    expect(byAdministrators(ledger, { ...event, expires: '2038-01-01T00:00:00Z' })).toEqual(['draft-hash']);
    expect(byAdministrators(ledger, change, event)).toEqual(['unchanged', 'unchanged']);
  });

  it('of targets has the next number where it is another one', () => {
    const ledger = new Watched();
    const first = ledger.proposal('targets', rotated('bins', [third]));
    ledger.propose('targets');
    expect(byAdministrators(ledger, rotated('bins', [third]), first.event)).toEqual([
      'draft-version',
      'draft-version',
    ]);
    expect(ledger.propose('targets', rotated('bins', [third])).version).toBe(3);
  });

  it('without a role is malformed', () => {
    const ledger = new Watched();
    const draft = { type: 'draft.proposed', version: 2 } as unknown as LedgerEvent;
    expect(byAdministrators(ledger, rotated('root', [second]), draft)).toEqual([
      'draft-missing',
      'field-missing',
    ]);
  });

  it('bears the signatures of its keys alone, whoever could sign when they were made', () => {
    const ledger = new Watched();
    ledger.propose('root', rotated('targets', [second]));
    const targets = ledger.propose('targets');
    ledger.signWith(targets, second);
    ledger.propose('root');
    ledger.signWith(targets, offline);
    expect(ledger.signers('2.targets.json')).toEqual([offline.keyid]);
  });

  it('comes after the opening', () => {
    const ledger = new TestLedger({ count: 2, crypto: nativeCrypto });
    const event = { type: 'draft.proposed', role: 'root', version: 2 } as const;
    const draft = { ...event, expires: '2037-01-01T00:00:00Z', sha256: '00'.repeat(32) };
    expect(byAdministrators(ledger, draft)).toEqual(['not-open']);
    expect(byAdministrators(ledger, { ...draft, role: 'dev' })).toEqual(['not-in-rules']);
  });
});

it.each<[string, LedgerEvent, string]>([
  ['timestamp', rotated('timestamp', [second]), 'draft-missing'],
  ['hashBins', revoked('hashBins', online), 'draft-missing'],
  ['nobody', rotated('nobody', [second]), 'draft-unknown'],
  ['checkpoint', rotated('checkpoint', [second]), 'not-in-rules'],
])('a key event of %s without a draft has no effect', (_role, event, code) => {
  expect(byAdministrators(new Watched(), event)).toEqual([code]);
});

describe('policy and clock', () => {
  it('a policy holds from the next cut on', () => {
    const ledger = new Watched();
    const { policy } = ledger.replay.state.root;
    const shorter = { ...policy!, timestamp: { lifetime: 3600, window: 1800 } };
    expect(byAdministrators(ledger, { type: 'policy.changed', policy: shorter })).toEqual(['applied']);
    expect(byAdministrators(ledger, { type: 'policy.changed', policy: shorter })).toEqual(['unchanged']);
    expect(codesOf(ledger.say({ type: 'policy.changed', policy: shorter }))).toEqual(['not-permitted']);
    ledger.publish(TEST_EPOCH_MS + 10_000);
    const { signed } = JSON.parse(new TextDecoder().decode(ledger.shown.get('timestamp.json')));
    expect(signed.expires).toBe('2026-01-01T01:00:10Z');
  });

  it('a clock that was wrong is set back, and everything issued anew', () => {
    const ledger = new Watched();
    ledger.publish(TEST_EPOCH_MS + 1000 * DAY_MS);
    expect(codesOf(ledger.cut({ at: TEST_EPOCH_MS + 5000 }))).toEqual(['cut-too-early']);
    expect(byAdministrators(ledger, { type: 'clock.set', at: TEST_EPOCH_MS })).toEqual(['applied']);
    expect(byAdministrators(ledger, { type: 'clock.set', at: TEST_EPOCH_MS })).toEqual(['unchanged']);
    expect(byAdministrators(ledger, { type: 'clock.set', at: 8_640_000_000_000_000 })).toEqual([
      'clock-out-of-range',
    ]);
    ledger.publish(TEST_EPOCH_MS + 5000);
    expect(ledger.look().versions.get('bins-1')).toBe(3);
    ledger.publish(TEST_EPOCH_MS + 6000);
    expect(ledger.look().versions.get('bins-1')).toBe(3);
  });

  it('a clock that is set back ends overlaps that began in the future', () => {
    const ledger = new Watched();
    ledger.rotateTimestamp();
    ledger.publish(TEST_EPOCH_MS + 1000 * DAY_MS);
    ledger.publish(TEST_EPOCH_MS + 1000 * DAY_MS + 1);
    byAdministrators(ledger, { type: 'clock.set', at: TEST_EPOCH_MS });
    ledger.publish(TEST_EPOCH_MS + DAY_MS - 1);
    expect(ledger.signers('timestamp.json')).toHaveLength(2);
    ledger.use('timestamp', keySet(testKey('next timestamp')));
    ledger.publish(TEST_EPOCH_MS + DAY_MS);
    expect(ledger.signers('timestamp.json')).toHaveLength(1);
  });

  it('no clock is set before the first cut', () => {
    const ledger = new TestLedger({ count: 2, crypto: nativeCrypto }).open();
    expect(byAdministrators(ledger, { type: 'clock.set', at: 1 })).toEqual(['not-open']);
  });
});

describe('administrators', () => {
  it('replace themselves from the next record on', () => {
    const ledger = new Watched();
    const next = rotated('administrators', [second, third]);
    expect(codesOf(ledger.say(next))).toEqual(['not-permitted']);
    expect(byAdministrators(ledger, next, next)).toEqual(['applied', 'unchanged']);
    const file = upload('six', 'a');
    expect(ledger.append(ledger.record(ledger.administrators, [file]))).toBeUndefined();
    ledger.administer(keySet(second, third));
    expect(byAdministrators(ledger, revoked('administrators', testKey('nobody')))).toEqual([
      'key-not-in-role',
    ]);
    expect(byAdministrators(ledger, revoked('administrators', third))).toEqual(['threshold-unreachable']);
    const three = rotated('administrators', [second, third, root], 2);
    expect(byAdministrators(ledger, three)).toEqual(['applied']);
    expect(byAdministrators(ledger, revoked('administrators', third))).toEqual(['applied']);
    expect(ledger.append(ledger.record(ledger.administrators, [file]))).toBeUndefined();
    ledger.administer(keySet(second, root));
    expect(byAdministrators(ledger, file)).toEqual(['not-permitted']);
  });
});

it('a reader goes on from any record with the same trust', () => {
  const ledger = new Watched();
  const next = ledger.propose('root', rotated('targets', [second]), rotated('timestamp', [third]));
  const targets = ledger.propose('targets', rotated('bins', [third]));
  const bins = ledger.propose('bins', rotated('hashBins', [second]));
  ledger.signWith(bins, third, offline);
  ledger.signWith(targets, offline, second);
  ledger.signWith(next, root);
  let reader = Reader.begin(ledger.ledger, nativeCrypto);
  for (const [i, value] of ledger.values.entries()) {
    const read = reader.next(value);
    if (!('step' in read)) throw new Error('no value of this history is noise');
    expect(read.step.offline).toEqual(ledger.effects[i]!.step.offline);
    reader = Reader.resume(reader.save(), nativeCrypto);
  }
  expect(reader.save()).toBe(ledger.replay.state.reader.save());
});

it.each(['root', 'targets', 'bins'] as const)(
  'an opening whose draft of %s is another never opens, whatever is said after',
  role => {
    const { values, ledger: name } = brokenOpening(role);
    const replay = new Replay(name, nativeCrypto);
    for (const value of values) expect(replay.next(value)).toBeDefined();
    expect([...replay.state.reader.trust.values()].every(({ carries }) => carries !== undefined)).toBe(false);
  },
);

/** A ledger whose opening names another content of a role, and what might be said to mend it. */
function brokenOpening(role: string): { values: Uint8Array[]; ledger: string } {
  const made = new TestLedger({ count: 2, crypto: nativeCrypto, spoiltDraft: role }).open();
  for (const [drafted, { carries }] of made.replay.state.reader.trust) {
    const draft = {
      type: 'draft.proposed',
      role: drafted,
      version: 2,
      expires: '2037-01-01T00:00:00Z',
    } as const;
    made.say(carries ? made.proposal(drafted).event : { ...draft, sha256: '00'.repeat(32) });
  }
  made.cut();
  return { values: made.values, ledger: made.ledger };
}
