import { beforeAll, describe, expect, it } from 'vitest';
import {
  admissionOf,
  admissionText,
  admit,
  beginAdmission,
  decodeEnvelope,
  decodePayload,
  encodePayload,
  type LedgerEvent,
  ledgerName,
  type Payload,
  prefixRoot,
  type RawEvent,
} from '#ledger';
import { Reader } from '#projection';
import { nativeCrypto } from '#signing';
import { fromUtf8, type JsonObject, utf8 } from '#tuf';
import { type TestKey, testKey } from '../../../test/fixtures/keys.js';
import { TestLedger, upload, type Writer } from '../../../test/fixtures/test-ledger.js';

const crypto = nativeCrypto;
const FILE = upload('six', 'six-1.0.tar.gz');

/** What the ledger's next reader would make of a value: the reason of noise, or "record". */
function judge(ledger: TestLedger, value: Uint8Array): string {
  const read = Reader.resume(ledger.replay.state.reader.save(), crypto).next(value);
  return 'noise' in read ? read.noise : 'record';
}

const signedBy = (ledger: TestLedger, payload: Payload, ...keys: TestKey[]): Uint8Array =>
  ledger.seal(encodePayload(payload), keys);
const payloadBy = (ledger: TestLedger, stream: string, seq: number): Payload => ({
  ledger: ledger.ledger,
  stream,
  seq,
  v: 1,
  events: [FILE as unknown as RawEvent],
});

describe('a value after the opening', () => {
  let ledger: TestLedger;
  let good: Uint8Array;
  beforeAll(() => {
    ledger = new TestLedger({ count: 2, crypto });
    ledger.say(FILE);
    good = ledger.record(ledger.gateway, [FILE]);
  });

  it('is a record with its position, author and payload', () => {
    const read = Reader.resume(ledger.replay.state.reader.save(), crypto).next(good);
    expect(read).toMatchObject({
      step: { position: 2, author: { publisher: ledger.keys.gateway.keyid }, value: good },
    });
  });

  it.each<[string, string, (ledger: TestLedger) => Uint8Array]>([
    ['of another ledger', 'ledger', l => l.record(l.gateway, [FILE], { ledger: 'ab'.repeat(32), seq: 9 })],
    ['of no ledger', 'ledger', l => l.record(l.gateway, [FILE], { ledger: '', seq: 9 })],
    ['that was delivered before', 'sequence', l => l.values[1]!],
    ['with an older seq', 'sequence', l => signedBy(l, payloadBy(l, 'main', 1), l.keys.gateway)],
    [
      'by an unknown key',
      'publisher-unknown',
      l => l.record({ key: testKey('stranger'), stream: 'main' }, [FILE]),
    ],
    ['by a role key', 'publisher-unknown', l => l.record({ key: l.keys.online, stream: 'main' }, [FILE])],
    [
      'by an administrator outside of the stream admin',
      'publisher-unknown',
      l => l.record({ key: l.keys.administrator, stream: 'main' }, [FILE]),
    ],
    [
      'by a publisher on the stream admin',
      'signatures',
      l => l.record({ key: l.keys.gateway, stream: 'admin' }, [FILE]),
    ],
    [
      'signed by two publishers',
      'signatures',
      l => signedBy(l, payloadBy(l, 'main', 9), l.keys.gateway, l.keys.signer),
    ],
    [
      'signed by a publisher and a stranger',
      'signatures',
      l => signedBy(l, payloadBy(l, 'main', 9), l.keys.gateway, testKey('stranger')),
    ],
    ['that is unsigned', 'envelope', l => signedBy(l, payloadBy(l, 'main', 9))],
    [
      'whose signature is over another payload',
      'signature',
      l => {
        const [a, b] = [9, 10].map(seq => fromUtf8(signedBy(l, payloadBy(l, 'main', seq), l.keys.gateway)));
        const sig = /"sig":"[^"]*"/;
        return utf8(a!.replace(sig, b!.match(sig)![0]));
      },
    ],
    [
      'signed without the pre-authentication encoding',
      'signature',
      l => {
        const payload = encodePayload(payloadBy(l, 'main', 9));
        const sig = Buffer.from(l.keys.gateway.sign(payload)).toString('base64');
        return utf8(fromUtf8(l.seal(payload, [l.keys.gateway])).replace(/"sig":"[^"]*"/, `"sig":"${sig}"`));
      },
    ],
    [
      'under the keyid of another publisher',
      'signature',
      l => {
        const text = fromUtf8(signedBy(l, payloadBy(l, 'main', 9), l.keys.gateway));
        return utf8(text.replace(l.keys.gateway.keyid, l.keys.signer.keyid));
      },
    ],
    [
      'whose payload is not canonical',
      'payload',
      l => l.seal(utf8(`{ "events":[],"ledger":"","seq":1,"stream":"","v":1}`), [l.keys.gateway]),
    ],
    ['whose payload is no frame', 'payload', l => l.seal(utf8('{}'), [l.keys.gateway])],
    ['that is no JSON', 'envelope', () => utf8('file.uploaded six')],
    ['that is empty', 'envelope', () => new Uint8Array()],
    ['that is the opening again', 'ledger', l => l.values[0]!],
  ])('%s is noise (%s)', (_what, reason, value) => {
    expect(judge(ledger, value(ledger))).toBe(reason);
  });

  it('that is noise leaves no trace', () => {
    const reader = Reader.resume(ledger.replay.state.reader.save(), crypto);
    const before = reader.save();
    const forged = good.slice();
    forged[good.length - 20]! ^= 1;
    for (const value of [forged, ledger.values[0]!, ledger.values[1]!, utf8('{}')]) {
      expect(reader.next(value)).toHaveProperty('noise');
      expect(reader.save()).toBe(before);
    }
    expect(reader.next(good)).toHaveProperty('step.position', 2);
  });
});

describe('sequences', () => {
  it('may leave gaps, and count for each key and stream', () => {
    const ledger = new TestLedger({ count: 2, crypto });
    const accept = (key: TestKey, stream: string, seq: number) =>
      ledger.append(signedBy(ledger, payloadBy(ledger, stream, seq), key)) !== undefined;
    const { gateway, signer } = ledger.keys;
    expect(accept(gateway, 'main', 5)).toBe(true);
    expect(accept(gateway, 'main', 5)).toBe(false);
    expect(accept(gateway, 'main', 4)).toBe(false);
    expect(accept(gateway, 'other', 1)).toBe(true);
    expect(accept(signer, 'main', 1)).toBe(true);
    expect(accept(gateway, 'main', 6)).toBe(true);
    expect(accept(gateway, 'main', Number.MAX_SAFE_INTEGER)).toBe(true);
    expect(accept(gateway, 'main', Number.MAX_SAFE_INTEGER)).toBe(false);
  });

  it('are of 64 streams a key', () => {
    const ledger = new TestLedger({ count: 2, crypto });
    const stream = (name: string, key = ledger.keys.gateway): Writer => ({ key, stream: name });
    for (let i = 0; i < 64; i++) expect(ledger.append(ledger.record(stream(`s${i}`), [FILE]))).toBeDefined();
    expect(judge(ledger, ledger.record(stream('s64'), [FILE]))).toBe('streams');
    expect(judge(ledger, ledger.record(stream('s63'), [FILE]))).toBe('record');
    expect(judge(ledger, ledger.record(stream('s64', ledger.keys.signer), [FILE]))).toBe('record');
  });
});

describe("the administrators' records", () => {
  const admins = ['a', 'b', 'c'].map(name => testKey(`administrator ${name}`));
  const [a, b, c] = admins as [TestKey, TestKey, TestKey];
  const ledger = new TestLedger({ count: 2, crypto, administrators: { keys: admins, threshold: 2 } });
  const by = (seq: number, ...keys: TestKey[]) =>
    judge(ledger, signedBy(ledger, payloadBy(ledger, 'admin', seq), ...keys));

  it('bear exactly the threshold of signatures', () => {
    expect(by(2, a)).toBe('signatures');
    expect(by(2, a, b)).toBe('record');
    expect(by(2, b, c)).toBe('record');
    expect(by(2, a, b, c)).toBe('signatures');
    expect(by(2, a, testKey('stranger'))).toBe('signatures');
    expect(by(2, a, ledger.keys.gateway)).toBe('signatures');
  });

  it('are noise when one of the signatures is wrong', () => {
    const text = fromUtf8(signedBy(ledger, payloadBy(ledger, 'admin', 2), a, b));
    expect(judge(ledger, utf8(text.replace(b.keyid, c.keyid)))).toMatch(/signature|envelope/);
    const other = fromUtf8(signedBy(ledger, payloadBy(ledger, 'admin', 3), a, b));
    expect(judge(ledger, utf8(text.replace(/"payload":"[^"]*"/, other.match(/"payload":"[^"]*"/)![0])))).toBe(
      'signature',
    );
  });

  it('have one sequence, whoever signs', () => {
    expect(by(1, a, b)).toBe('sequence');
    ledger.append(signedBy(ledger, payloadBy(ledger, 'admin', 7), a, b));
    expect(by(7, b, c)).toBe('sequence');
    expect(by(8, a, c)).toBe('record');
  });
});

const enrolled = (key: TestKey, extra: JsonObject = {}): LedgerEvent => ({
  type: 'publisher.enrolled',
  key: { ...key.key, ...extra },
  permissions: { index: ['*'] },
});

describe('enrolment', () => {
  const admin = (ledger: TestLedger, ...events: LedgerEvent[]) =>
    ledger.append(ledger.record(ledger.administrators, events))!;
  const verdicts = (ledger: TestLedger, ...events: LedgerEvent[]) =>
    admin(ledger, ...events).root.outcomes.map(({ verdict }) =>
      verdict.result === 'rejected' ? verdict.rejection.code : verdict.result,
    );

  it('acts from the next record on, and so does revocation', () => {
    const ledger = new TestLedger({ count: 2, crypto });
    const backend: Writer = { key: testKey('backend'), stream: 'main' };
    const first = ledger.record(backend, [FILE]);
    expect(judge(ledger, first)).toBe('publisher-unknown');
    expect(verdicts(ledger, enrolled(backend.key))).toEqual(['applied']);
    expect(ledger.append(first)?.targets.outcomes[0]?.verdict.result).toBe('applied');
    expect(verdicts(ledger, { type: 'publisher.revoked', keyid: backend.key.keyid })).toEqual(['applied']);
    expect(judge(ledger, ledger.record(backend, [FILE]))).toBe('publisher-unknown');
  });

  it('again keeps the sequences from before a revocation', () => {
    const ledger = new TestLedger({ count: 2, crypto });
    const { gateway, keys } = ledger;
    const old = ledger.record(gateway, [FILE]);
    ledger.append(old);
    admin(ledger, { type: 'publisher.revoked', keyid: keys.gateway.keyid });
    admin(ledger, enrolled(keys.gateway));
    expect(judge(ledger, old)).toBe('sequence');
    expect(judge(ledger, ledger.record(gateway, [FILE]))).toBe('record');
  });

  it('of what is enrolled so, and revocation of what was revoked, change nothing', () => {
    const ledger = new TestLedger({ count: 2, crypto });
    const { keyid } = ledger.keys.gateway;
    const gone: LedgerEvent = { type: 'publisher.revoked', keyid };
    const other: LedgerEvent = { type: 'publisher.revoked', keyid: '00'.repeat(32) };
    expect(verdicts(ledger, enrolled(ledger.keys.gateway))).toEqual(['unchanged']);
    expect(verdicts(ledger, gone, gone, other)).toEqual(['applied', 'unchanged', 'publisher-unknown']);
  });

  it('replaces permissions', () => {
    const ledger = new TestLedger({ count: 2, crypto });
    const { key } = ledger.keys.gateway;
    const narrowed: LedgerEvent = {
      type: 'publisher.enrolled',
      key,
      permissions: { index: ['num*'], cut: true },
    };
    expect(verdicts(ledger, narrowed, narrowed)).toEqual(['applied', 'unchanged']);
    const [no, yes] = ledger.say(FILE, upload('numpy', 'n')).targets.outcomes;
    expect(no?.verdict).toMatchObject({ rejection: { code: 'not-permitted' } });
    expect(yes?.verdict.result).toBe('applied');
  });

  // The keyid of an envelope is not signed: under a second keyid of one secret every old record could be sent again.
  it('takes a secret under one keyid only, for ever', () => {
    const ledger = new TestLedger({ count: 2, crypto });
    const again = enrolled(ledger.keys.gateway, { note: 'the same secret' });
    expect(verdicts(ledger, again)).toEqual(['key-taken']);
    admin(ledger, { type: 'publisher.revoked', keyid: ledger.keys.gateway.keyid });
    expect(verdicts(ledger, again)).toEqual(['key-taken']);
    expect(verdicts(ledger, enrolled(ledger.keys.gateway))).toEqual(['applied']);
  });

  it('is for administrators', () => {
    const ledger = new TestLedger({ count: 2, crypto });
    const codes = ledger
      .say(enrolled(testKey('x')), { type: 'publisher.revoked', keyid: ledger.keys.signer.keyid })
      .root.outcomes.map(({ verdict }) => verdict);
    expect(codes).toMatchObject([
      { rejection: { code: 'not-permitted' } },
      { rejection: { code: 'not-permitted' } },
    ]);
    expect(judge(ledger, ledger.record(ledger.signer, [FILE]))).toBe('record');
  });
});

describe('the opening', () => {
  const ledger = new TestLedger({ count: 2, crypto });
  const opening = ledger.values[0]!;
  const frame = decodePayload(decodeEnvelope(opening)!.payload)!;
  const { administrator, root } = ledger.keys;
  const events = frame.events;
  const [opened, , , , rootDraft, targetsDraft, binsDraft] = events as [RawEvent, ...RawEvent[]];

  /** Whether this opening opens the ledger that is named after it. */
  function opens(change: Partial<Payload>, ...keys: TestKey[]): boolean {
    const payload = encodePayload({ ...frame, ...change });
    const admission = beginAdmission(ledgerName(payload, crypto));
    const result = admit(
      admission,
      ledger.seal(payload, keys.length > 0 ? keys : [administrator, root]),
      crypto,
    );
    if ('noise' in result)
      expect([result.noise, admission.open, admission.frontier.size]).toEqual([
        'before-opening',
        undefined,
        0,
      ]);
    return 'record' in result;
  }

  it('is position 0, by the administrators', () => {
    const result = admit(beginAdmission(ledger.ledger), opening, crypto);
    expect(result).toMatchObject({ record: { position: 0, author: { administrators: true } } });
    expect(opens({})).toBe(true);
  });

  it('opens its own ledger only', () => {
    expect(admit(beginAdmission('00'.repeat(32)), opening, crypto)).toEqual({ noise: 'before-opening' });
  });

  it('comes first: records before it are noise, and count when they come again', () => {
    const record = ledger.record(ledger.gateway, [FILE]);
    const admission = beginAdmission(ledger.ledger);
    expect(admit(admission, record, crypto)).toEqual({ noise: 'before-opening' });
    expect(admit(admission, opening, crypto)).toHaveProperty('record.position', 0);
    expect(admit(admission, opening, crypto)).toEqual({ noise: 'ledger' });
    expect(admit(admission, record, crypto)).toHaveProperty('record.position', 1);
  });

  it.each<[string, Partial<Payload>]>([
    ['a ledger', { ledger: 'ab'.repeat(32) }],
    ['another stream', { stream: 'main' }],
    ['another seq', { seq: 2 }],
    ['another v', { v: 2 }],
    ['no opening', { events: events.slice(1) }],
    ['two openings', { events: [opened, ...events] }],
    ['no publisher', { events: [opened, rootDraft!, targetsDraft!, binsDraft!] }],
    ['no draft of bins', { events: events.slice(0, -1) }],
    ['drafts in another order', { events: [...events.slice(0, -3), targetsDraft!, rootDraft!, binsDraft!] }],
    ['a draft of another version', { events: [...events.slice(0, -1), { ...binsDraft!, version: 2 }] }],
    ['another event at the end', { events: [...events, FILE as unknown as RawEvent] }],
    [
      'another event among the publishers',
      { events: [opened, FILE as unknown as RawEvent, ...events.slice(2)] },
    ],
    [
      'an event that fails its schema',
      { events: [{ ...opened, bins: { scheme: 'succinct', count: 3 } }, ...events.slice(1)] },
    ],
    ['an unknown field', { events: [{ ...opened, extra: 1 }, ...events.slice(1)] }],
    [
      'one secret under two keyids',
      {
        events: [
          opened,
          enrolled(ledger.keys.gateway, { note: 'again' }) as unknown as RawEvent,
          ...events.slice(1),
        ],
      },
    ],
  ])('is none with %s', (_what, change) => {
    expect(opens(change)).toBe(false);
  });

  it('bears the thresholds of the administrators and of root, and nothing else', () => {
    expect(opens({}, administrator)).toBe(false);
    expect(opens({}, root)).toBe(false);
    expect(opens({}, administrator, root, testKey('stranger'))).toBe(false);
    expect(opens({}, administrator, root, ledger.keys.gateway)).toBe(false);
  });

  it('is none with a wrong signature', () => {
    const text = fromUtf8(opening);
    const first = text.match(/"sig":"(.)/)!;
    const forged = text.replace(first[0], `"sig":"${first[1] === 'A' ? 'B' : 'A'}`);
    expect(admit(beginAdmission(ledger.ledger), utf8(forged), crypto)).toEqual({ noise: 'before-opening' });
  });
});

describe('admission as text', () => {
  it('goes on everywhere as the original does', () => {
    const ledger = new TestLedger({ count: 2, crypto });
    ledger.append(utf8('noise'));
    ledger.say(FILE);
    ledger.append(
      ledger.record(ledger.administrators, [{ type: 'publisher.revoked', keyid: ledger.keys.signer.keyid }]),
    );
    ledger.append(ledger.record(ledger.signer, [FILE]));
    ledger.say(upload('numpy', 'n'));
    let admission = beginAdmission(ledger.ledger);
    const whole = beginAdmission(ledger.ledger);
    for (const value of ledger.values) {
      admission = admissionOf(admissionText(admission), crypto);
      expect(admit(admission, value, crypto)).toEqual(admit(whole, value, crypto));
      expect(prefixRoot(admission, crypto)).toBe(prefixRoot(whole, crypto));
      expect(admissionText(admission)).toBe(admissionText(whole));
    }
    expect(whole.frontier.size).toBe(5);
  });
});
