// Histories whose recordings are kept: together they show every rule of the folds at work, and every rejection code.

import { encodePayload, type FileUploaded, type LedgerEvent, type RawEvent } from '#ledger';
import type { Drafted } from '#projection';
import { nativeCrypto } from '#signing';
import { fromUtf8, utf8 } from '#tuf';
import { testKey } from '../fixtures/keys.js';
import { TEST_EPOCH_MS, TestLedger, type TestLedgerOptions, upload } from '../fixtures/test-ledger.js';
import { demoImport } from './demo-import.js';
import { testEcdsaKey } from './ecdsa-key.js';
import type { ValueForm } from './recording.js';
import { rejections } from './rejections.js';
import { refusedKeys, repairs, rotations } from './trust.js';

interface History {
  /** The name of its recording. */
  readonly name: string;
  readonly values: ValueForm;
  readonly build: () => TestLedger;
}

const begin = (options: TestLedgerOptions = {}): TestLedger =>
  new TestLedger({ count: 4, crypto: nativeCrypto, ...options });
const byAdministrators = (ledger: TestLedger, ...events: LedgerEvent[]) =>
  ledger.append(ledger.record(ledger.administrators, events));
const only = (ledger: TestLedger, ...roles: string[]): Drafted[] =>
  ledger.openDrafts().filter(({ role }) => roles.includes(role));

function opening(): TestLedger {
  const ledger = begin({ count: 16 }).open();
  ledger.publish();
  return ledger;
}

/** Hash prefixes of two digits for 32 bins, and paths of one to eight segments. */
function prefixesAndFreePaths(): TestLedger {
  const ledger = begin({ count: 32, scheme: 'path_hash_prefixes', pathRule: 'free' }).open();
  const { length, hashes } = upload('', 'content') as FileUploaded;
  const segments = ['a', 'B', '日本語', 'd.e', '-', '_', 'g+h', 'i~j'];
  const paths = segments.map((_, depth) => segments.slice(0, depth + 1).join('/'));
  ledger.say(...paths.map((path): LedgerEvent => ({ type: 'file.uploaded', path, length, hashes })));
  ledger.publish();
  ledger.say({ type: 'file.yanked', path: 'a', reason: 'wrong' }, { type: 'file.removed', path: 'a/B' });
  ledger.publish();
  return ledger;
}

/** Everything that can be said of a file, and states between. */
function files(): TestLedger {
  const ledger = begin().open();
  const six = { project: 'six', filename: 'six-1.0.tar.gz' };
  const file = upload(six.project, six.filename) as FileUploaded;
  const other = upload(six.project, six.filename, 'other content');
  ledger.say(
    {
      ...file,
      hashes: { ...file.hashes, sha512: 'ab'.repeat(64) },
      path: 'six/six-1.0.tar.gz',
      release: '1.0',
      uploadTime: '2010-06-29T19:56:36.719942Z',
      requiresPython: '>=3.8',
      coreMetadata: true,
    },
    file,
    other,
    upload('six', 'six-1.1.tar.gz'),
    upload('numpy', 'numpy-1.0.tar.gz'),
    upload('numpy-financial', 'numpy_financial-1.0.tar.gz'),
  );
  ledger.publish();
  ledger.say({ type: 'file.yanked', ...six, reason: 'böse "Fehler" \\' }, { type: 'file.yanked', ...six });
  ledger.say({ type: 'file.yanked', ...six, reason: 'other' });
  ledger.publish();
  ledger.say({ type: 'file.unyanked', ...six }, { type: 'file.unyanked', ...six });
  ledger.say({ type: 'project.removed', project: 'numpy' }, { type: 'project.removed', project: 'nothing' });
  ledger.publish();
  ledger.say({ type: 'file.removed', ...six }, { type: 'file.removed', ...six }, other, file);
  ledger.say({ type: 'file.removed', ...six });
  byAdministrators(ledger, { type: 'path.released', path: 'six/six-1.0.tar.gz' });
  ledger.say(other);
  ledger.publish();
  return ledger;
}

/** Bins that fall due one after another, beside one that was touched. */
function dueRoles(): TestLedger {
  const ledger = begin({ count: 16, lifetime: 1000, window: 500 }).open();
  ledger.publish(TEST_EPOCH_MS);
  for (const seconds of [499, 560, 640, 700, 750, 751]) {
    if (seconds === 700) ledger.say(upload('six', 'six-1.0.tar.gz'));
    ledger.publish(TEST_EPOCH_MS + seconds * 1000);
  }
  return ledger;
}

/** States that end before they are complete: at the first of all, with bins left, with the snapshot left, with the timestamp left. */
function supersededStates(): TestLedger {
  const ledger = begin().open();
  ledger.cut();
  ledger.sign(only(ledger, 'bins-0', 'bins-2'));
  ledger.say(...['a', 'b', 'c', 'd', 'e'].map(name => upload('six', name)));
  ledger.cut();
  const dead = ledger.openDrafts();
  ledger.sign(only(ledger, 'bins-0', 'bins-1', 'snapshot'));
  ledger.say({ type: 'project.removed', project: 'six' });
  ledger.cut();
  ledger.sign(dead);
  ledger.sign();
  ledger.cut();
  ledger.sign();
  ledger.sign();
  ledger.publish();
  return ledger;
}

/** Roles of two keys of three, of schemes that hold line ends, signed late, twice and in every order. */
function thresholds(): TestLedger {
  const [a, b, c] = ['a', 'b', 'c'].map(name => testKey(`online ${name}`));
  const keys = [a!, b!, testEcdsaKey('ecdsa')];
  const roles = {
    root: { keys: [testKey('root a'), testEcdsaKey('root b')], threshold: 2 },
    bins: { keys: [testEcdsaKey('bins a'), testKey('bins b')], threshold: 1 },
    hashBins: { keys: [a!, b!, c!], threshold: 2 },
    snapshot: { keys, threshold: 2 },
    timestamp: { keys, threshold: 2 },
  };
  const administrators = { keys: ['x', 'y', 'z'].map(name => testKey(name)), threshold: 2 };
  const ledger = begin({ count: 2, roles, administrators }).open();
  const submit = (...signatures: ReturnType<TestLedger['entry']>[]) =>
    ledger.append(ledger.record(ledger.signer, [{ type: 'signed', signatures }]));
  ledger.cut();
  const [first, second] = only(ledger, 'bins-0', 'bins-1');
  submit(ledger.entry(first!, c), ledger.entry(first!, c), ledger.entry(second!, b));
  submit(ledger.entry(first!, a), ledger.entry(second!, a), ledger.entry(first!, b));
  submit(ledger.entry(second!, c));
  const [snapshot] = only(ledger, 'snapshot');
  submit(ledger.entry(snapshot!, keys[2]));
  submit(ledger.entry(snapshot!, keys[0]), ledger.entry(snapshot!, keys[1]));
  ledger.sign();
  ledger.publish();
  byAdministrators(ledger, { type: 'clock.set', at: 0 });
  return ledger;
}

/** Publishers who come, go and come back; what they wrote before is noise when it comes again. */
function publishers(): TestLedger {
  const ledger = begin().open();
  const backend = { key: testKey('backend'), stream: 'eu-1' };
  const enrolled = (index: string[]): LedgerEvent => ({
    type: 'publisher.enrolled',
    key: backend.key.key,
    permissions: { index, cut: true },
  });
  const revoked: LedgerEvent = { type: 'publisher.revoked', keyid: backend.key.keyid };
  const early = ledger.record(backend, [upload('six', 'early')]);
  ledger.append(early);
  byAdministrators(ledger, enrolled(['num*']), enrolled(['num*']));
  ledger.append(early);
  const said = ledger.record(backend, [upload('numpy', 'a'), upload('six', 'b')]);
  ledger.append(said);
  ledger.append(ledger.record({ ...backend, stream: 'eu-2' }, [upload('numpy', 'c')]));
  byAdministrators(ledger, enrolled(['num*', 'six']));
  ledger.append(ledger.record(backend, [upload('six', 'd')]));
  byAdministrators(ledger, revoked, revoked);
  ledger.append(ledger.record(backend, [upload('six', 'e')]));
  byAdministrators(ledger, enrolled(['*']));
  ledger.append(said);
  ledger.append(ledger.record(backend, [upload('six', 'f')]));
  ledger.publish();
  return ledger;
}

/** Good records with noise of every kind before, between and behind them. */
function noise(): TestLedger {
  const ledger = begin().open();
  const { gateway, keys } = ledger;
  const frame = { ledger: ledger.ledger, stream: 'main', seq: 50, v: 1, events: [{ type: 'x' }] };
  const payload = encodePayload(frame);
  const good = ledger.record(gateway, [upload('six', 'a')]);
  const text = fromUtf8(good);
  ledger.append(utf8(''));
  ledger.append(utf8('file.uploaded six'));
  ledger.append(Uint8Array.of(0xff, 0xfe));
  ledger.append(utf8(` ${text}`));
  ledger.append(utf8(`${text}\n`));
  ledger.append(utf8(text.replace('"sig":"', '"sig":"AAAA')));
  ledger.append(utf8(text.replace('=="}', '"}')));
  ledger.append(ledger.seal(utf8('{}'), [keys.gateway]));
  ledger.append(ledger.seal(utf8(` ${fromUtf8(payload)}`), [keys.gateway]));
  ledger.append(ledger.seal(encodePayload({ ...frame, ledger: '00'.repeat(32) }), [keys.gateway]));
  ledger.append(ledger.seal(encodePayload({ ...frame, stream: 'admin' }), [keys.gateway]));
  ledger.append(ledger.seal(payload, []));
  ledger.append(ledger.seal(payload, [keys.gateway, keys.signer]));
  ledger.append(ledger.seal(payload, [testKey('stranger')]));
  ledger.append(
    utf8(fromUtf8(ledger.seal(payload, [keys.signer])).replace(keys.signer.keyid, keys.gateway.keyid)),
  );
  ledger.append(ledger.values[0]!);
  ledger.append(good);
  ledger.append(good);
  for (let stream = 0; stream < 64; stream++) {
    ledger.append(ledger.record({ key: keys.gateway, stream: `s${stream}` }, [upload('six', `s${stream}`)]));
  }
  ledger.publish();
  for (const value of ledger.values.slice(0, 4)) ledger.append(value);
  ledger.say(upload('six', 'b'));
  ledger.publish();
  return ledger;
}

/** Events of rules to come are rejected; those of today go on. */
function laterRules(): TestLedger {
  const ledger = begin().open();
  const file = upload('six', 'a');
  const future: RawEvent = { type: 'file.described', path: 'six/a' };
  ledger.append(ledger.record(ledger.gateway, [file, future], { v: 2 }));
  ledger.append(ledger.record(ledger.administrators, [{ type: 'rules.activated', version: 2 }], { v: 2 }));
  byAdministrators(ledger, { type: 'rules.activated', version: 3 });
  byAdministrators(ledger, { type: 'rules.activated', version: 2 }, file);
  ledger.say(file, future);
  ledger.publish();
  return ledger;
}

export const HISTORIES: readonly History[] = [
  { name: 'opening', values: 'whole', build: opening },
  { name: 'prefixes-and-free-paths', values: 'whole', build: prefixesAndFreePaths },
  { name: 'files', values: 'whole', build: files },
  { name: 'due-roles', values: 'whole', build: dueRoles },
  { name: 'superseded-states', values: 'whole', build: supersededStates },
  { name: 'thresholds', values: 'whole', build: thresholds },
  { name: 'publishers', values: 'whole', build: publishers },
  { name: 'noise', values: 'whole', build: noise },
  { name: 'later-rules', values: 'whole', build: laterRules },
  { name: 'rotations', values: 'whole', build: rotations },
  { name: 'repairs', values: 'whole', build: repairs },
  { name: 'refused-keys', values: 'whole', build: refusedKeys },
  { name: 'rejections', values: 'whole', build: rejections },
  { name: 'demo-import', values: 'hashed', build: demoImport },
];
