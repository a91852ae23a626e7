import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEnvelope, encodeEnvelope, MAX_SIGNATURES, MAX_VALUE_BYTES, preAuthEncoding } from '#ledger';
import { concatBytes, fromBase64, fromUtf8, parseCanonical, toHex, utf8 } from '#tuf';

const A = 'aa'.repeat(32);
const B = 'bb'.repeat(32);
const TYPE = 'application/vnd.tuf-ledger.record+json';
const GOOD = `{"payload":"e30=","payloadType":"${TYPE}","signatures":[{"keyid":"${A}","sig":"AAE="},{"keyid":"${B}","sig":"AAEC"}]}`;

const decode = (text: string) => decodeEnvelope(utf8(text));

describe('an envelope', () => {
  it('decodes to its payload and signatures', () => {
    expect(decode(GOOD)).toEqual({
      payload: utf8('{}'),
      signatures: [
        { keyid: A, sig: Uint8Array.of(0, 1) },
        { keyid: B, sig: Uint8Array.of(0, 1, 2) },
      ],
    });
  });

  it('is encoded in keyid order, whatever order the signatures come in', () => {
    const signatures = [
      { keyid: B, sig: Uint8Array.of(0, 1, 2) },
      { keyid: A, sig: Uint8Array.of(0, 1) },
    ];
    expect(fromUtf8(encodeEnvelope(utf8('{}'), signatures))).toBe(GOOD);
  });

  it('is signed by its pre-authentication encoding, whose lengths are in bytes', () => {
    expect(fromUtf8(preAuthEncoding(utf8('{"a":"é"}')))).toBe(`DSSEv1 38 ${TYPE} 10 {"a":"é"}`);
  });
});

const swap = (from: string, to: string): string => {
  expect(GOOD).toContain(from);
  return GOOD.replace(from, to);
};

describe('undefined is what differs by one byte', () => {
  it.each<[string, () => string]>([
    ['a space before', () => ` ${GOOD}`],
    ['a line end after', () => `${GOOD}\n`],
    ['a byte order mark', () => `\u{feff}${GOOD}`],
    ['white space inside', () => swap('":"e30', '": "e30')],
    [
      'its fields in another order',
      () => swap(`"payload":"e30=","payloadType":"${TYPE}"`, `"payloadType":"${TYPE}","payload":"e30="`),
    ],
    [
      "a signature's fields in another order",
      () => swap(`"keyid":"${A}","sig":"AAE="`, `"sig":"AAE=","keyid":"${A}"`),
    ],
    ['an extra field', () => swap('{"payload"', '{"a":1,"payload"')],
    ['an extra field of a signature', () => swap('{"keyid"', '{"a":1,"keyid"')],
    ['a field twice', () => swap('{"payload":"e30="', '{"payload":"e30=","payload":"e30="')],
    ['no payload', () => swap('"payload":"e30=",', '')],
    ['no keyid', () => swap(`"keyid":"${A}",`, '')],
    ['an escape in base64', () => swap('e30=', '\\u006530=')],
    ['an escaped slash', () => swap('application/vnd', 'application\\/vnd')],
    ['unpadded base64', () => swap('e30=', 'e30')],
    ['base64 with spare bits', () => swap('e30=', 'e31=')],
    ['base64 padded too far', () => swap('e30=', 'e30=====')],
    ['base64url', () => swap('AAEC', 'AA-_')],
    ['a line end in base64', () => swap('e30=', 'e3\\n0=')],
    ['unpadded base64 of a signature', () => swap('AAE=', 'AAE')],
    ['spare bits of a signature', () => swap('AAE=', 'AAF=')],
    ['the same keyid twice', () => swap(B, A)],
    ['keyids in descending order', () => swap(A, 'cc'.repeat(32))],
    ['an upper-case keyid', () => swap(A, A.toUpperCase())],
    ['a short keyid', () => swap(A, A.slice(2))],
    ['another payload type', () => swap(TYPE, 'application/vnd.in-toto+json')],
    ['a payload that is no string', () => swap('"e30="', '{}')],
    ['a signature that is no string', () => swap('"AAE="', '[0,1]')],
    ['a signature that is no object', () => swap(`{"keyid":"${A}","sig":"AAE="}`, '1')],
    ['signatures that are no list', () => swap('[{', '{"a":{').replace(']}', '}}')],
    ['no signature', () => GOOD.replace(/\[.*\]/, '[]')],
    ['a list around it', () => `[${GOOD}]`],
    ['a fraction somewhere', () => swap('"e30="', '1.5')],
    ['no JSON', () => GOOD.slice(0, -1)],
    ['nothing', () => ''],
  ])('%s', (_what, text) => {
    expect(decode(text())).toBeUndefined();
  });

  it('bytes that are not UTF-8', () => {
    const bytes = utf8(GOOD);
    for (const byte of [0xff, 0xc0, 0x80]) {
      const broken = bytes.slice();
      broken[12] = byte;
      expect(decodeEnvelope(broken)).toBeUndefined();
    }
  });

  it('any single byte replaced, where it does not spell another envelope', () => {
    const bytes = utf8(GOOD);
    for (let i = 0; i < bytes.length; i++) {
      for (const byte of [0x00, 0x0a, 0x20, 0x22, 0x5c, 0x80, 0xff]) {
        if (bytes[i] === byte) continue;
        const changed = bytes.slice();
        changed[i] = byte;
        expect(decodeEnvelope(changed)).toBeUndefined();
      }
    }
  });
});

describe('an envelope with one signature of 64 bytes', () => {
  /** The envelope by the definition: what a parser of canonical JSON makes of the value. */
  const parsed = (value: Uint8Array) => {
    const { payload, signatures } = parseCanonical(fromUtf8(value)) as unknown as ParsedEnvelope;
    const decoded = signatures.map(({ keyid, sig }) => ({ keyid, sig: fromBase64(sig) }));
    return { payload: fromBase64(payload), signatures: decoded };
  };
  const value = fc
    .record({
      payload: fc.uint8Array({ maxLength: 20 }),
      keyid: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex),
      sig: fc.uint8Array({ minLength: 64, maxLength: 64 }),
    })
    .map(({ payload, keyid, sig }) => encodeEnvelope(payload, [{ keyid, sig }]));

  it('is what a parser finds in it', () => {
    fc.assert(
      fc.property(value, bytes => {
        expect(decodeEnvelope(bytes)).toEqual(parsed(bytes));
      }),
    );
  });

  it('with one byte replaced is what a parser finds in it, or none', () => {
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(...utf8('"\\{}[]:,=/+09afAF \n')));
    fc.assert(
      fc.property(value, fc.nat(), byte, (bytes, place, replaced) => {
        bytes[place % bytes.length] = replaced;
        const found = decodeEnvelope(bytes);
        if (!found) return;
        expect(found).toEqual(parsed(bytes));
        expect(encodeEnvelope(found.payload, found.signatures)).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('is none with any byte replaced by one that it never holds', () => {
    const [bytes] = fc.sample(value, { numRuns: 1, seed: 1 });
    for (let at = 0; at < bytes!.length; at++) {
      for (const strange of [0x00, 0x0a, 0x20, 0x5c, 0x80, 0xff])
        expect(decodeEnvelope(bytes!.with(at, strange))).toBeUndefined();
    }
  });

  it('is none without its first or last byte, or with one more', () => {
    const [bytes] = fc.sample(value, { numRuns: 1, seed: 1 });
    for (const other of [bytes!.slice(1), bytes!.slice(0, -1), concatBytes(bytes!, utf8(' '))])
      expect(decodeEnvelope(other)).toBeUndefined();
  });
});

interface ParsedEnvelope {
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** An envelope of exactly `length` bytes: signatures add what base64, in steps of 4, can't. */
function envelopeOf(length: number): Uint8Array {
  for (let count = 1; count <= 4; count++) {
    const signatures = Array.from({ length: count }, (_, i) => ({
      keyid: i.toString(16).padStart(64, '0'),
      sig: new Uint8Array(),
    }));
    const room = length - encodeEnvelope(new Uint8Array(), signatures).length;
    if (room % 4 === 0) return encodeEnvelope(new Uint8Array((room / 4) * 3), signatures);
  }
  throw new Error(`no envelope has ${length} bytes`);
}

describe('the bounds of an envelope', () => {
  // The form has an even number of bytes, whatever it holds: 65,535 of them are a bound that none meets.
  it('are 1 to 65,535 bytes', () => {
    expect(MAX_VALUE_BYTES).toBe(65_535);
    expect(envelopeOf(65_534).length).toBe(65_534);
    expect(decodeEnvelope(envelopeOf(65_534))).toBeDefined();
    expect(envelopeOf(65_536).length).toBe(65_536);
    expect(decodeEnvelope(envelopeOf(65_536))).toBeUndefined();
    expect(decodeEnvelope(new Uint8Array())).toBeUndefined();
  });

  it('are 1 to 128 signatures', () => {
    const signatures = (count: number) =>
      Array.from({ length: count }, (_, i) => ({
        keyid: i.toString(16).padStart(64, '0'),
        sig: Uint8Array.of(i),
      }));
    expect(decodeEnvelope(encodeEnvelope(utf8('{}'), signatures(MAX_SIGNATURES)))?.signatures).toHaveLength(
      128,
    );
    expect(decodeEnvelope(encodeEnvelope(utf8('{}'), signatures(MAX_SIGNATURES + 1)))).toBeUndefined();
  });

  it('hold against a value of nothing but brackets', () => {
    expect(decodeEnvelope(utf8('['.repeat(MAX_VALUE_BYTES)))).toBeUndefined();
    expect(decodeEnvelope(utf8('{"a":'.repeat(13_000)))).toBeUndefined();
  });
});
