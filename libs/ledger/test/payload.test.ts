import { describe, expect, it } from 'vitest';
import { decodePayload, encodePayload, LedgerError, MAX_EVENTS_PER_RECORD, type Payload } from '#ledger';
import { fromUtf8, type Json, utf8 } from '#tuf';

const LEDGER = '0f'.repeat(32);
const GOOD = `{"events":[{"type":"cut"}],"ledger":"${LEDGER}","seq":7,"stream":"main","v":1}`;
const PAYLOAD: Payload = { ledger: LEDGER, stream: 'main', seq: 7, v: 1, events: [{ type: 'cut' }] };

const decode = (text: string) => decodePayload(utf8(text));
const swap = (from: string, to: string): string => {
  expect(GOOD).toContain(from);
  return GOOD.replace(from, to);
};
/** `depth` lists inside one another. */
const nested = (depth: number): Json => (depth === 0 ? 0 : [nested(depth - 1)]);

describe('a payload frame', () => {
  it('is the canonical JSON of its five fields', () => {
    expect(fromUtf8(encodePayload(PAYLOAD))).toBe(GOOD);
    expect(decode(GOOD)).toEqual(PAYLOAD);
  });

  it('takes any event that is an object with a type, whatever else is in it', () => {
    const text = swap('{"type":"cut"}', '{"__proto__":{"x":[null,true,-1]},"type":"no such event"}');
    expect(decode(text)?.events[0]).toHaveProperty('type', 'no such event');
    expect(fromUtf8(encodePayload(decode(text)!))).toBe(text);
  });

  it.each([
    ['the name of an opening', '""', true],
    ['63 digits', `"${LEDGER.slice(1)}"`, false],
    ['65 digits', `"${LEDGER}0"`, false],
    ['upper case', `"${LEDGER.toUpperCase()}"`, false],
    ['no string', '1', false],
  ])('has a ledger of 64 hex digits, or empty: %s', (_what, ledger, ok) => {
    expect(decode(swap(`"${LEDGER}"`, ledger)) !== undefined).toBe(ok);
  });

  it.each([
    ['"a"', true],
    ['"a.b_c-0"', true],
    [`"${'s'.repeat(32)}"`, true],
    [`"${'s'.repeat(33)}"`, false],
    ['""', false],
    ['"Main"', false],
    ['"a b"', false],
    ['"main\n"', false],
    ['1', false],
  ])('has a stream of [a-z0-9._-]{1,32}: %s', (stream, ok) => {
    expect(decode(swap('"main"', stream)) !== undefined).toBe(ok);
  });

  it.each(['seq', 'v'])('has a %s from 1 to 2^53-1', field => {
    const from = field === 'seq' ? '"seq":7' : '"v":1';
    for (const good of ['1', '9007199254740991'])
      expect(decode(swap(from, `"${field}":${good}`))).toBeDefined();
    for (const bad of [
      '0',
      '-1',
      '-0',
      '01',
      '1.0',
      '1e2',
      '9007199254740992',
      '"1"',
      'null',
      'true',
      '[1]',
    ]) {
      expect(decode(swap(from, `"${field}":${bad}`))).toBeUndefined();
    }
  });

  it('has 1 to 1,000 events', () => {
    const events = (count: number) => swap('{"type":"cut"}', Array(count).fill('{"type":"cut"}').join(','));
    expect(decode(events(MAX_EVENTS_PER_RECORD))?.events).toHaveLength(1000);
    expect(decode(events(MAX_EVENTS_PER_RECORD + 1))).toBeUndefined();
    expect(decode(swap('{"type":"cut"}', ''))).toBeUndefined();
  });

  it.each(['{}', '{"type":1}', '[]', 'null', '"cut"', '{"__proto__":{"type":"cut"}}'])(
    'has events that are objects with a string "type", not %s',
    event => {
      expect(decode(swap('{"type":"cut"}', event))).toBeUndefined();
    },
  );

  it.each([
    ['white space', () => swap('"seq":7', '"seq": 7')],
    ['an extra field', () => swap('"v":1', '"v":1,"w":1')],
    ['a missing field', () => swap(',"v":1', '')],
    ['another key order', () => swap('"seq":7,"stream":"main"', '"stream":"main","seq":7')],
    ['another key order inside an event', () => swap('{"type":"cut"}', '{"type":"cut","at":1}')],
    ['a key twice', () => swap('{"type":"cut"}', '{"at":1,"at":1,"type":"cut"}')],
    ['an escape that need not be', () => swap('"cut"', '"\\u0063ut"')],
    ['an escaped control character', () => swap('"cut"', '"c\\nut"')],
    ['half a surrogate pair', () => swap('"cut"', '"\\ud800"')],
    [
      'an integer beyond 2^53-1 in an event',
      () => swap('{"type":"cut"}', '{"at":9007199254740992,"type":"cut"}'),
    ],
    ['a fraction in an event', () => swap('{"type":"cut"}', '{"at":1.5,"type":"cut"}')],
    ['no object', () => '[]'],
    ['nothing', () => ''],
  ])('is undefined with %s', (_what, text) => {
    expect(decode(text())).toBeUndefined();
  });

  it('nests 32 deep, and no deeper', () => {
    // The payload, its list of events and the event are three.
    const at = (depth: number) =>
      swap('{"type":"cut"}', `{"at":${JSON.stringify(nested(depth - 3))},"type":"cut"}`);
    expect(decode(at(32))).toBeDefined();
    expect(decode(at(33))).toBeUndefined();
  });

  it('holds control characters raw', () => {
    expect(decode(swap('"cut"', '"c\nut"'))?.events[0]?.type).toBe('c\nut');
  });

  it('that is broken is not encoded', () => {
    const encode = (change: Partial<Payload>) => () => encodePayload({ ...PAYLOAD, ...change });
    for (const change of [{ seq: 0 }, { v: 0 }, { stream: 'Main' }, { ledger: 'x' }, { events: [] }]) {
      expect(encode(change)).toThrow(LedgerError);
      expect(encode(change)).toThrow(expect.objectContaining({ code: 'record-malformed', retryable: false }));
    }
  });
});
