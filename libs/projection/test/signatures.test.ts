import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { SignedEntry } from '#ledger';
import type { Drafted } from '#projection';
import { nativeCrypto } from '#signing';
import { type Key, keyid, toHex, utf8 } from '#tuf';
import { type TestKey, testKey } from '../../../test/fixtures/keys.js';
import { codesOf, outcomesOf } from '../../../test/fixtures/outcomes.js';
import { TestLedger, type TestLedgerOptions, upload } from '../../../test/fixtures/test-ledger.js';

const newLedger = (options: TestLedgerOptions = {}) =>
  new TestLedger({ count: 2, crypto: nativeCrypto, ...options });
const submit = (ledger: TestLedger, ...signatures: SignedEntry[]) =>
  ledger.append(ledger.record(ledger.signer, [{ type: 'signed', signatures }]))!;
const codes = (ledger: TestLedger, ...signatures: SignedEntry[]) => codesOf(submit(ledger, ...signatures));
const draftOf = (ledger: TestLedger, role: string): Drafted =>
  ledger.openDrafts().find(draft => draft.role === role)!;
const signaturesOf = (ledger: TestLedger, file: string): { keyid: string; sig: string }[] =>
  JSON.parse(new TextDecoder().decode(ledger.published.files.get(file))).signatures;

describe('one entry of signed', () => {
  /** A ledger with state 1 open, and a draft of it. */
  const begun = () => {
    const ledger = newLedger().open();
    ledger.cut();
    return { ledger, draft: draftOf(ledger, 'bins-0'), entry: ledger.entry(draftOf(ledger, 'bins-0')) };
  };

  it('counts once, and changes nothing after', () => {
    const { ledger, entry } = begun();
    expect(codes(ledger, entry, entry)).toEqual(['applied', 'unchanged']);
    expect(codes(ledger, entry)).toEqual(['unchanged']);
  });

  it('after completion changes nothing, whoever signed what', () => {
    const { ledger, entry } = begun();
    submit(ledger, entry);
    expect(codes(ledger, { ...entry, keyid: '00'.repeat(32) }, { ...entry, sig: '00' })).toEqual([
      'unchanged',
      'unchanged',
    ]);
    expect(codes(ledger, { ...entry, sha256: '00'.repeat(32) })).toEqual(['draft-hash']);
  });

  it('is rejected one by one', () => {
    const { ledger, draft, entry } = begun();
    const gateway = ledger.entry(draft, ledger.keys.gateway);
    expect(
      codes(
        ledger,
        { ...entry, sha256: '00'.repeat(32) },
        gateway,
        { ...entry, sig: `${entry.sig.slice(2)}00` },
        { ...entry, sig: '00' },
        { ...entry, version: 2 },
        { ...entry, role: 'dev' },
        { ...entry, role: 'bins-2' },
        { ...entry, role: 'bins-00' },
        { ...entry, role: 'checkpoint' },
        { ...entry, role: 'root' },
        { ...entry, role: 'root', version: 2 },
        { ...entry, role: 'timestamp' },
        { ...entry, role: 'bins' },
        entry,
      ),
    ).toEqual([
      'draft-hash',
      'key-not-in-role',
      'signature-invalid',
      'signature-invalid',
      'draft-unknown',
      'draft-unknown',
      'draft-unknown',
      'draft-unknown',
      'draft-unknown',
      'draft-hash',
      'draft-unknown',
      'draft-unknown',
      'draft-hash',
      'applied',
    ]);
    expect(ledger.published.files.has('1.bins-0.json')).toBe(true);
  });

  it('has one outcome, of its role, from one projector', () => {
    const { ledger, entry } = begun();
    const roles = ['root', 'targets', 'bins', 'bins-0', 'bins-1', 'snapshot', 'timestamp', 'dev'];
    const outcomes = outcomesOf(submit(ledger, ...roles.map(role => ({ ...entry, role }))));
    expect(outcomes.map(({ event, entry: index, role }) => [event, index, role])).toEqual(
      roles.map((role, index) => [0, index, role]),
    );
  });

  it('is checked in this order: content, key, presence, signature', () => {
    const { ledger, entry } = begun();
    const bad = { ...entry, sha256: '00'.repeat(32), keyid: '00'.repeat(32), sig: '00' };
    expect(codes(ledger, bad)).toEqual(['draft-hash']);
    expect(codes(ledger, { ...bad, sha256: entry.sha256 })).toEqual(['key-not-in-role']);
    expect(codes(ledger, entry, { ...entry, sig: '00' })).toEqual(['applied', 'unchanged']);
  });

  it('for a draft that died is dead', () => {
    const { ledger, entry } = begun();
    ledger.cut();
    expect(codes(ledger, entry)).toEqual(['draft-dead']);
    expect(codes(ledger, ledger.entry(draftOf(ledger, 'bins-0')))).toEqual(['applied']);
  });

  it('for a version that was complete before the newest complete one is dead', () => {
    const { ledger, entry } = begun();
    ledger.sign();
    ledger.sign();
    for (let i = 0; i < 8; i++) ledger.say(upload('six', `six-${i}`));
    ledger.publish();
    expect(ledger.published.files.has('2.bins-0.json')).toBe(true);
    expect(codes(ledger, entry)).toEqual(['draft-dead']);
  });

  it('counts only for a draft from before its record', () => {
    const waitingForSnapshot = () => {
      const { ledger } = begun();
      ledger.sign(ledger.openDrafts().filter(({ role }) => role !== 'snapshot'));
      return ledger;
    };
    const [ledger, twin] = [waitingForSnapshot(), waitingForSnapshot()];
    const snapshot = ledger.entry(draftOf(ledger, 'snapshot'));
    submit(twin, snapshot);
    const timestamp = twin.entry(draftOf(twin, 'timestamp'));
    expect(codes(ledger, snapshot, timestamp)).toEqual(['applied', 'draft-unknown']);
    expect(codes(ledger, timestamp)).toEqual(['applied']);
  });
});

describe('a threshold of two', () => {
  const keys = ['a', 'b', 'c'].map(name => testKey(`timestamp ${name}`));
  const [low, middle, high] = [...keys].sort((a, b) => (a.keyid < b.keyid ? -1 : 1)) as [
    TestKey,
    TestKey,
    TestKey,
  ];

  /** A ledger that waits for the timestamp of state 1 alone. */
  function waiting(): { ledger: TestLedger; by: (...keys: TestKey[]) => SignedEntry[] } {
    const ledger = newLedger({ roles: { timestamp: { keys, threshold: 2 } } }).open();
    ledger.cut();
    ledger.sign();
    const draft = draftOf(ledger, 'timestamp');
    return { ledger, by: (...signers) => signers.map(key => ledger.entry(draft, key)) };
  }
  const written = (ledger: TestLedger) => signaturesOf(ledger, 'timestamp.json').map(({ keyid }) => keyid);

  it('is met by two keys, not by one key twice', () => {
    const { ledger, by } = waiting();
    expect(codes(ledger, ...by(low, low))).toEqual(['applied', 'unchanged']);
    expect(ledger.published.state).toBeUndefined();
    expect(codes(ledger, ...by(high))).toEqual(['applied']);
    expect(ledger.published.state).toMatchObject({ state: 1 });
  });

  it('writes the signatures in keyid order, whatever order they came in', () => {
    const { ledger, by } = waiting();
    submit(ledger, ...by(high));
    submit(ledger, ...by(low));
    expect(written(ledger)).toEqual([low.keyid, high.keyid]);
  });

  it('freezes the set at the end of the record that meets it, not before', () => {
    const { ledger, by } = waiting();
    submit(ledger, ...by(high));
    expect(codes(ledger, ...by(middle, low))).toEqual(['applied', 'applied']);
    expect(written(ledger)).toEqual([low.keyid, middle.keyid, high.keyid]);
  });

  it('takes no signature after that', () => {
    const { ledger, by } = waiting();
    submit(ledger, ...by(high, low));
    const file = ledger.published.files.get('timestamp.json');
    expect(codes(ledger, ...by(middle))).toEqual(['unchanged']);
    expect(ledger.published.files.get('timestamp.json')).toBe(file);
    expect(written(ledger)).toEqual([low.keyid, high.keyid]);
  });

  it('spans events of one record', () => {
    const { ledger, by } = waiting();
    const events = [by(high), by(low), by(middle)].map(signatures => ({
      type: 'signed' as const,
      signatures,
    }));
    const effects = ledger.append(ledger.record(ledger.signer, events))!;
    expect(codesOf(effects)).toEqual(['applied', 'applied', 'applied']);
    expect(written(ledger)).toHaveLength(3);
  });

  it('does not count what is invalid', () => {
    const { ledger, by } = waiting();
    const [wrong] = by(middle);
    expect(codes(ledger, ...by(low), { ...wrong!, sig: by(high)[0]!.sig })).toEqual([
      'applied',
      'signature-invalid',
    ]);
    expect(ledger.published.state).toBeUndefined();
    expect(codes(ledger, wrong!)).toEqual(['applied']);
    expect(written(ledger)).toEqual([low.keyid, middle.keyid]);
  });
});

/** A key whose every signature differs. */
function ecdsaKey(): TestKey {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = pair.publicKey.export({ format: 'pem', type: 'spki' }) as string;
  const key: Key = { keytype: 'ecdsa', scheme: 'ecdsa-sha2-nistp256', keyval: { public: pem } };
  return {
    key,
    keyid: keyid(key, nativeCrypto),
    sign: message => new Uint8Array(sign('sha256', message, pair.privateKey)),
  };
}

describe('a scheme that signs otherwise each time', () => {
  it('has the first valid signature in log order kept', () => {
    const keys = [ecdsaKey(), ecdsaKey()];
    const ledger = newLedger({ roles: { bins: { keys, threshold: 2 } } });
    const draft = draftOf(ledger, 'bins');
    const [first, second] = [ledger.entry(draft, keys[0]), ledger.entry(draft, keys[0])];
    expect(first.sig).not.toBe(second.sig);
    expect(codes(ledger, { ...first, sig: toHex(utf8('no')) }, first, second)).toEqual([
      'signature-invalid',
      'applied',
      'unchanged',
    ]);
    submit(ledger, second, ledger.entry(draft, keys[1]));
    expect(signaturesOf(ledger, '1.bins.json')).toContainEqual({ keyid: keys[0]!.keyid, sig: first.sig });
  });

  it('holds its key in root as a client can parse it, line ends escaped', () => {
    const key = ecdsaKey();
    const ledger = newLedger({ roles: { root: { keys: [key], threshold: 1 } } }).open();
    const root = JSON.parse(new TextDecoder().decode(ledger.published.files.get('1.root.json')));
    expect(root.signed.keys[key.keyid]).toEqual(key.key);
    expect(draftText(ledger, 'root')).toContain('-----BEGIN PUBLIC KEY-----\n');
  });
});

const draftText = (ledger: TestLedger, role: string): string =>
  ledger.effects[0]!.root.drafted.find(draft => draft.role === role)!.text;

describe('the roles of the opening', () => {
  it('have the content that their drafts name', () => {
    const ledger = newLedger().open();
    expect(codesOf(ledger.effects[0]!)).toEqual(Array(7).fill('applied'));
    expect([...ledger.published.files.keys()].sort()).toEqual([
      '1.bins.json',
      '1.root.json',
      '1.targets.json',
    ]);
  });
});
