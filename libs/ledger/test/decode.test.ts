import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEvent, type EventType, encodePayload, KEYED_ROLES, type RawEvent } from '#ledger';
import type { Json, JsonObject } from '#tuf';
import {
  ENTRY,
  GOOD_EVENTS,
  KEY,
  KEY_SET,
  LIFETIME,
  POLICY,
  SHA256,
  SHA512,
} from '../../../test/fixtures/good-events.js';
import { testKey } from '../../../test/fixtures/keys.js';

const event = (type: string, fields: JsonObject): RawEvent => ({ ...fields, type });
const good = (type: EventType, change: JsonObject = {}): RawEvent =>
  event(type, { ...GOOD_EVENTS[type], ...change });
const codeOf = (raw: RawEvent): string | undefined => {
  const decoded = decodeEvent(raw);
  return 'rejection' in decoded ? decoded.rejection.code : undefined;
};

describe('a good event', () => {
  it.each(Object.keys(GOOD_EVENTS) as EventType[])('%s is itself', type => {
    const raw = good(type);
    expect(decodeEvent(raw)).toBe(raw);
  });

  it.each<[EventType, string[]]>([
    ['file.uploaded', ['path', 'release', 'uploadTime', 'requiresPython', 'coreMetadata']],
    ['file.uploaded', ['project', 'filename']],
    ['file.yanked', ['reason']],
    ['role.delegated', ['before']],
  ])('%s may lack %s', (type, names) => {
    const fields = Object.entries(GOOD_EVENTS[type]).filter(([name]) => !names.includes(name));
    expect(codeOf(event(type, Object.fromEntries(fields)))).toBeUndefined();
  });

  it.each<[EventType, JsonObject]>([
    ['file.uploaded', { length: Number.MAX_SAFE_INTEGER, coreMetadata: true, hashes: { sha256: SHA256 } }],
    [
      'file.uploaded',
      { uploadTime: '2024-02-29T23:59:59Z', release: '1.0+ünï', requiresPython: '>'.repeat(256) },
    ],
    ['file.yanked', { reason: 'é'.repeat(128) }],
    ['publisher.enrolled', { permissions: {} }],
    ['cut', { state: Number.MAX_SAFE_INTEGER, at: Number.MAX_SAFE_INTEGER }],
    ['signed', { signatures: Array(1000).fill(ENTRY) }],
    ['signed', { signatures: [{ ...ENTRY, sig: 'ff'.repeat(1024) }] }],
    [
      'ledger.opened',
      { origin: 'a', pathRule: 'free', bins: { scheme: 'path_hash_prefixes', count: 16_384 } },
    ],
    ['path.released', { path: `${'p'.repeat(511)}é`.slice(1) }],
  ])('%s at the edge of its ranges: %o', (type, change) => {
    expect(codeOf(good(type, change))).toBeUndefined();
  });
});

describe('an upload time', () => {
  it('is of its form, on the calendar, since 1970', () => {
    const unit = (...parts: string[]) => fc.constantFrom(...parts);
    const time = fc
      .tuple(
        unit('1969', '1970', '1999', '2000', '2023', '2024', '2100', '9999', '0000', '199'),
        unit('-00', '-01', '-02', '-04', '-09', '-10', '-12', '-13', '-1'),
        unit('-00', '-01', '-09', '-28', '-29', '-30', '-31', '-32'),
        unit('T00', 'T09', 'T19', 'T23', 'T24', ' 12', 't12'),
        unit(':00:00', ':59:59', ':60:00', ':00:60', ':5:00', ':00'),
        unit('Z', '.1Z', '.123456Z', '.1234567Z', '.Z', '', '+00:00', 'Z\n'),
      )
      .map(parts => parts.join(''));
    const isTime = (text: string): boolean => {
      if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/.test(text)) return false;
      const second = new Date(`${text.slice(0, 19)}Z`);
      return second.getTime() >= 0 && second.toISOString().startsWith(text.slice(0, 19));
    };
    fc.assert(
      fc.property(time, uploadTime => {
        expect(codeOf(good('file.uploaded', { uploadTime }))).toBe(
          isTime(uploadTime) ? undefined : 'field-range',
        );
      }),
      { numRuns: 5000 },
    );
  });
});

describe('text', () => {
  it('is refused for the first of these faults that it has, plain or not', () => {
    const fault = (text: string): string | undefined => {
      if (/\p{Surrogate}/u.test(text)) return 'text-unstable';
      if (text === '' || Buffer.byteLength(text) > 128) return 'field-range';
      return /\p{Control}/u.test(text) || text.normalize('NFC') !== text ? 'text-unstable' : undefined;
    };
    const unit = fc.constantFrom(...'a ~"\\', '\u007f', '\n', '\u00e9', 'e\u0301', '\ud800', 'x'.repeat(60));
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 5 }), release => {
        expect(codeOf(good('file.uploaded', { release }))).toBe(fault(release));
      }),
      { numRuns: 2000 },
    );
  });
});

const without = (type: EventType, name: string): RawEvent => {
  const { [name]: _gone, ...rest } = GOOD_EVENTS[type];
  return event(type, rest);
};
const nested = (type: EventType, at: string, change: JsonObject): RawEvent =>
  good(type, { [at]: { ...(GOOD_EVENTS[type][at] as JsonObject), ...change } });

describe('a type that is none', () => {
  it.each([
    '',
    'file',
    'File.Uploaded',
    'file.uploaded ',
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
  ])('%j', type => {
    expect(codeOf(event(type, {}))).toBe('event-unknown');
    expect(codeOf(event(type, GOOD_EVENTS['file.uploaded']))).toBe('event-unknown');
  });
});

describe('a field that is none', () => {
  it.each(Object.keys(GOOD_EVENTS) as EventType[])('of %s', type => {
    expect(codeOf(good(type, { extra: 1 }))).toBe('field-unknown');
    expect(codeOf(good(type, { constructor: 1 }))).toBe('field-unknown');
    expect(codeOf(JSON.parse(JSON.stringify(good(type)).replace('{', '{"__proto__":{},')))).toBe(
      'field-unknown',
    );
  });

  it.each<[string, RawEvent]>([
    ['of a key set', nested('ledger.opened', 'administrators', { extra: 1 })],
    ['of roles', nested('ledger.opened', 'roles', { mirrors: KEY_SET })],
    ['of bins', nested('ledger.opened', 'bins', { extra: 1 })],
    ['of a lifetime', good('policy.changed', { policy: { ...POLICY, snapshot: { ...LIFETIME, extra: 1 } } })],
    ['of permissions', nested('publisher.enrolled', 'permissions', { admin: true })],
    ['of an entry', good('signed', { signatures: [{ ...ENTRY, extra: 1 }] })],
  ])('%s', (_what, raw) => {
    expect(codeOf(raw)).toBe('field-unknown');
  });
});

describe('a field that is missing', () => {
  const required: [EventType, string[]][] = [
    ['ledger.opened', ['origin', 'pathRule', 'bins', 'administrators', 'roles', 'policy']],
    ['publisher.enrolled', ['key', 'permissions']],
    ['publisher.revoked', ['keyid']],
    ['file.uploaded', ['length', 'hashes']],
    ['project.removed', ['project']],
    ['path.released', ['path']],
    ['role.delegated', ['delegator', 'name', 'keys', 'threshold', 'paths', 'terminating']],
    ['role.undelegated', ['delegator', 'name']],
    ['key.rotated', ['role', 'keys', 'threshold']],
    ['key.revoked', ['role', 'keyid']],
    ['policy.changed', ['policy']],
    ['clock.set', ['at']],
    ['rules.activated', ['version']],
    ['draft.proposed', ['role', 'version', 'expires', 'sha256']],
    ['cut', ['state', 'at']],
    ['signed', ['signatures']],
  ];
  it.each(required)('of %s: each of %s', (type, names) => {
    for (const name of names) expect(codeOf(without(type, name))).toBe('field-missing');
  });

  it('inside a field', () => {
    for (const role of KEYED_ROLES) {
      const { [role]: _gone, ...rest } = GOOD_EVENTS['ledger.opened'].roles as JsonObject;
      expect(codeOf(good('ledger.opened', { roles: rest }))).toBe('field-missing');
    }
    for (const name of Object.keys(POLICY)) {
      const { [name]: _gone, ...rest } = POLICY as JsonObject;
      expect(codeOf(good('policy.changed', { policy: rest }))).toBe('field-missing');
    }
    for (const name of Object.keys(ENTRY)) {
      const { [name]: _gone, ...rest } = ENTRY as JsonObject;
      expect(codeOf(good('signed', { signatures: [rest] }))).toBe('field-missing');
    }
    expect(codeOf(good('file.uploaded', { hashes: { sha512: SHA512 } }))).toBe('field-missing');
  });
});

/** Values of every JSON type, to be tried where another is due. */
const VALUES: Record<string, Json> = {
  null: null,
  boolean: false,
  number: 5,
  text: 'text',
  list: [],
  object: {},
};

describe('a field of the wrong type', () => {
  const typed: [EventType, string, string][] = [
    ['ledger.opened', 'origin', 'text'],
    ['ledger.opened', 'pathRule', 'text'],
    ['ledger.opened', 'bins', 'object'],
    ['ledger.opened', 'administrators', 'object'],
    ['ledger.opened', 'roles', 'object'],
    ['ledger.opened', 'policy', 'object'],
    ['publisher.enrolled', 'permissions', 'object'],
    ['publisher.revoked', 'keyid', 'text'],
    ['file.uploaded', 'project', 'text'],
    ['file.uploaded', 'filename', 'text'],
    ['file.uploaded', 'path', 'text'],
    ['file.uploaded', 'length', 'number'],
    ['file.uploaded', 'hashes', 'object'],
    ['file.uploaded', 'release', 'text'],
    ['file.uploaded', 'uploadTime', 'text'],
    ['file.uploaded', 'requiresPython', 'text'],
    ['file.uploaded', 'coreMetadata', 'object'],
    ['file.yanked', 'reason', 'text'],
    ['project.removed', 'project', 'text'],
    ['path.released', 'path', 'text'],
    ['role.delegated', 'keys', 'list'],
    ['role.delegated', 'threshold', 'number'],
    ['role.delegated', 'paths', 'list'],
    ['role.delegated', 'terminating', 'boolean'],
    ['role.delegated', 'name', 'text'],
    ['clock.set', 'at', 'number'],
    ['rules.activated', 'version', 'number'],
    ['draft.proposed', 'expires', 'text'],
    ['draft.proposed', 'sha256', 'text'],
    ['draft.proposed', 'version', 'number'],
    ['cut', 'state', 'number'],
    ['cut', 'at', 'number'],
    ['signed', 'signatures', 'list'],
  ];
  it.each(typed)('%s.%s is a %s', (type, name, right) => {
    for (const [kind, value] of Object.entries(VALUES)) {
      if (kind !== right) expect([kind, codeOf(good(type, { [name]: value }))]).toEqual([kind, 'field-type']);
    }
  });

  it('inside a field', () => {
    for (const [kind, value] of Object.entries(VALUES)) {
      const codes = {
        hash: codeOf(good('file.uploaded', { hashes: { sha256: value } })),
        keys: codeOf(good('ledger.opened', { administrators: { ...KEY_SET, keys: value } })),
        threshold: codeOf(good('ledger.opened', { administrators: { ...KEY_SET, threshold: value } })),
        count: codeOf(nested('ledger.opened', 'bins', { count: value })),
        scheme: codeOf(nested('ledger.opened', 'bins', { scheme: value })),
        entry: codeOf(good('signed', { signatures: [value] })),
        sig: codeOf(good('signed', { signatures: [{ ...ENTRY, sig: value }] })),
        cut: codeOf(good('publisher.enrolled', { permissions: { cut: value } })),
        pattern: codeOf(good('publisher.enrolled', { permissions: { index: [value] } })),
      };
      const wrong = Object.entries(codes).filter(([, code]) => code !== 'field-type');
      const right: Record<string, string[]> = {
        text: ['hash', 'scheme', 'sig', 'pattern'],
        number: ['threshold', 'count'],
        list: ['keys'],
        object: ['entry'],
      };
      expect(wrong.map(([name]) => name).filter(name => !right[kind]?.includes(name))).toEqual([]);
    }
  });

  it('a fraction is no integer (a record could not even hold it)', () => {
    expect(codeOf(good('file.uploaded', { length: 1.5 }))).toBe('field-type');
    expect(codeOf(good('cut', { at: Number.NaN }))).toBe('field-type');
    expect(codeOf(good('cut', { at: 2 ** 53 }))).toBe('field-type');
  });
});

const upload = (change: JsonObject): RawEvent => good('file.uploaded', change);

describe('bad input', () => {
  it.each<[string, RawEvent, string]>([
    ['a negative length', upload({ length: -1 }), 'length-range'],
    ['a short hash', upload({ hashes: { sha256: SHA256.slice(2) } }), 'hash-malformed'],
    ['a long hash', upload({ hashes: { sha256: `${SHA256}00` } }), 'hash-malformed'],
    ['an upper-case hash', upload({ hashes: { sha256: SHA256.toUpperCase() } }), 'hash-malformed'],
    ['an empty hash', upload({ hashes: { sha256: '' } }), 'hash-malformed'],
    ['a short sha512', upload({ hashes: { sha256: SHA256, sha512: SHA256 } }), 'hash-malformed'],
    ['an unknown hash', upload({ hashes: { sha256: SHA256, md5: 'x' } }), 'hash-algorithm'],
    ['blake2b', upload({ hashes: { 'blake2b-256': SHA256 } }), 'hash-algorithm'],
    ['no hash', upload({ hashes: {} }), 'field-missing'],
    ['an unknown hash of core metadata', upload({ coreMetadata: { sha1: 'x' } }), 'hash-algorithm'],
    ['a bad hash of core metadata', upload({ coreMetadata: { sha256: 'x' } }), 'hash-malformed'],
    ['core metadata that is false', upload({ coreMetadata: false }), 'field-type'],
    ['an upper-case project', upload({ project: 'Six' }), 'project-name'],
    ['a project with a dot', upload({ project: 'zope.interface' }), 'project-name'],
    ['a project with "_"', upload({ project: 'a_b' }), 'project-name'],
    ['a project with "--"', upload({ project: 'a--b' }), 'project-name'],
    ['a project that begins with "-"', upload({ project: '-a' }), 'project-name'],
    ['a project that ends with "-"', upload({ project: 'a-' }), 'project-name'],
    ['a project with "/"', upload({ project: 'a/b' }), 'project-name'],
    ['a project with an accent', upload({ project: 'caf\u00e9' }), 'project-name'],
    ['a project with a line end', upload({ project: 'a\n' }), 'text-unstable'],
    ['an empty project', upload({ project: '' }), 'field-range'],
    ['a project of 129 bytes', upload({ project: 'a'.repeat(129) }), 'field-range'],
    ['an empty release', upload({ release: '' }), 'field-range'],
    ['a release of 129 bytes', upload({ release: 'é'.repeat(65) }), 'field-range'],
    ['a release with a control character', upload({ release: '1\u0000' }), 'text-unstable'],
    ['a release with a C1 control', upload({ release: '1\u0085' }), 'text-unstable'],
    ['a release that is not NFC', upload({ release: 'e\u0301' }), 'text-unstable'],
    ['a release with an unassigned character', upload({ release: '\u0378' }), 'text-unstable'],
    ['a release with a noncharacter', upload({ release: '\uffff' }), 'text-unstable'],
    ['a release with half a surrogate pair', upload({ release: '\ud800' }), 'text-unstable'],
    ['a long requiresPython', upload({ requiresPython: '>'.repeat(257) }), 'field-range'],
    ['a reason of 257 bytes', good('file.yanked', { reason: 'x'.repeat(257) }), 'field-range'],
    ['an empty reason', good('file.yanked', { reason: '' }), 'field-range'],
    ['a reason with a line end', good('file.yanked', { reason: 'a\nb' }), 'text-unstable'],
    ['a time with an offset', upload({ uploadTime: '2026-01-01T00:00:00+00:00' }), 'field-range'],
    ['a time with a space', upload({ uploadTime: '2026-01-01 00:00:00Z' }), 'field-range'],
    ['a time of seven decimals', upload({ uploadTime: '2026-01-01T00:00:00.1234567Z' }), 'field-range'],
    ['a 13th month', upload({ uploadTime: '2026-13-01T00:00:00Z' }), 'field-range'],
    ['a 30th of February', upload({ uploadTime: '2026-02-30T00:00:00.5Z' }), 'field-range'],
    ['an hour 24', upload({ uploadTime: '2026-01-01T24:00:00Z' }), 'field-range'],
    ['a keyid of 63 digits', good('publisher.revoked', { keyid: SHA256.slice(1) }), 'hash-malformed'],
    [
      'an expiry with a fraction',
      good('draft.proposed', { expires: '2036-01-01T00:00:00.0Z' }),
      'field-range',
    ],
    ['an expiry on no date', good('draft.proposed', { expires: '2036-02-30T00:00:00Z' }), 'field-range'],
    ['an expiry before 1970', good('draft.proposed', { expires: '1969-12-31T23:59:59Z' }), 'field-range'],
    ['version 0', good('draft.proposed', { version: 0 }), 'field-range'],
    ['an upper-case role', good('draft.proposed', { role: 'Root' }), 'field-range'],
    ['a role of 65 characters', good('draft.proposed', { role: 'r'.repeat(65) }), 'field-range'],
    ['state 0', good('cut', { state: 0 }), 'field-range'],
    ['a negative time', good('cut', { at: -1 }), 'field-range'],
    ['rules 0', good('rules.activated', { version: 0 }), 'field-range'],
    ['no signatures', good('signed', { signatures: [] }), 'field-range'],
    ['1,001 signatures', good('signed', { signatures: Array(1001).fill(ENTRY) }), 'field-range'],
    ['an empty signature', good('signed', { signatures: [{ ...ENTRY, sig: '' }] }), 'field-range'],
    ['half a byte of signature', good('signed', { signatures: [{ ...ENTRY, sig: '000' }] }), 'field-range'],
    ['an upper-case signature', good('signed', { signatures: [{ ...ENTRY, sig: 'FF' }] }), 'field-range'],
    [
      'a signature of 1,025 bytes',
      good('signed', { signatures: [{ ...ENTRY, sig: '00'.repeat(1025) }] }),
      'field-range',
    ],
    ['an origin with a scheme', good('ledger.opened', { origin: 'https://example.org' }), 'field-range'],
    ['an empty origin', good('ledger.opened', { origin: '' }), 'field-range'],
    ['an unknown path rule', good('ledger.opened', { pathRule: 'flat' }), 'field-range'],
    ['an unknown bin scheme', nested('ledger.opened', 'bins', { scheme: 'sha512' }), 'field-range'],
    ['one bin', nested('ledger.opened', 'bins', { count: 1 }), 'field-range'],
    ['100 bins', nested('ledger.opened', 'bins', { count: 100 }), 'field-range'],
    ['32,768 bins', nested('ledger.opened', 'bins', { count: 32_768 }), 'field-range'],
    [
      'a lifetime of 0',
      good('policy.changed', { policy: { ...POLICY, snapshot: { lifetime: 0, window: 0 } } }),
      'field-range',
    ],
    [
      'a lifetime above 100 years',
      good('policy.changed', { policy: { ...POLICY, snapshot: { lifetime: 3_155_760_001, window: 0 } } }),
      'field-range',
    ],
    [
      'a negative window',
      good('policy.changed', { policy: { ...POLICY, snapshot: { lifetime: 1, window: -1 } } }),
      'field-range',
    ],
    [
      'no time between cuts',
      good('policy.changed', { policy: { ...POLICY, cutInterval: 0 } }),
      'field-range',
    ],
    ['a permission that is false', good('publisher.enrolled', { permissions: { cut: false } }), 'field-type'],
    ['a pattern with "/"', good('publisher.enrolled', { permissions: { index: ['a/*'] } }), 'field-range'],
    ['no pattern', good('publisher.enrolled', { permissions: { index: [] } }), 'field-range'],
    [
      '65 patterns',
      good('publisher.enrolled', { permissions: { index: Array(65).fill('a') } }),
      'field-range',
    ],
  ])('%s', (_what, raw, code) => {
    expect(codeOf(raw)).toBe(code);
  });
});

/** Bad paths and their codes; a filename is checked as a path, and has no "/". */
const BAD_PATHS: [string, string, string][] = [
  ['an empty path', '', 'path-empty'],
  ['an absolute path', '/a', 'path-absolute'],
  ['only "/"', '/', 'path-absolute'],
  ['"." alone', '.', 'path-dots'],
  ['".." alone', '..', 'path-dots'],
  ['a path of 513 bytes', 'x'.repeat(513), 'path-too-long'],
  ['a path of 257 two-byte characters', 'é'.repeat(257), 'path-too-long'],
  ['a query', 'a?b', 'path-character'],
  ['a fragment', 'a#b', 'path-character'],
  ['an escape', 'a%2fb', 'path-character'],
  ['a backslash', 'a\\b', 'path-character'],
  ['a space', 'a b', 'path-character'],
  ['NUL', 'a\u0000', 'path-character'],
  ['a line end', 'a\n', 'path-character'],
  ['a tab', 'a\tb', 'path-character'],
  ['DEL', 'a\u007f', 'path-character'],
  ['a C1 control', 'a\u0085', 'path-character'],
  ['a no-break space', 'a\u00a0b', 'path-character'],
  ['an ogham space', 'a\u1680b', 'path-character'],
  ['a thin space', 'a\u2009b', 'path-character'],
  ['a line separator', 'a\u2028b', 'path-character'],
  ['a paragraph separator', 'a\u2029b', 'path-character'],
  ['a narrow no-break space', 'a\u202fb', 'path-character'],
  ['a mathematical space', 'a\u205fb', 'path-character'],
  ['an ideographic space', 'a\u3000b', 'path-character'],
  ['a byte order mark', '\ufeffa', 'path-character'],
  ['text that is not NFC', 'e\u0301', 'text-unstable'],
  ['an unassigned character', 'a\u0378', 'text-unstable'],
  ['half a surrogate pair', 'a\udfff', 'text-unstable'],
];
const BAD_SEGMENTS: [string, string, string][] = [
  ['".." between', 'a/../b', 'path-dots'],
  ['".." last', 'a/..', 'path-dots'],
  ['"." between', 'a/./b', 'path-dots'],
  ['an empty segment', 'a//b', 'path-dots'],
  ['a "/" at the end', 'a/', 'path-dots'],
  ['nine segments', 'a/b/c/d/e/f/g/h/i', 'path-too-deep'],
];

describe('a bad path', () => {
  it.each([...BAD_PATHS, ...BAD_SEGMENTS])('%s', (_what, path, code) => {
    expect(codeOf(good('path.released', { path }))).toBe(code);
    expect(codeOf(upload({ path }))).toBe(code);
    expect(codeOf(good('file.removed', { path }))).toBe(code);
  });

  it.each(BAD_PATHS)('as a filename: %s', (_what, filename, code) => {
    expect(codeOf(upload({ filename }))).toBe(code);
  });

  it('a filename with "/"', () => {
    expect(codeOf(upload({ filename: 'a/b' }))).toBe('path-character');
    expect(codeOf(upload({ filename: '/b' }))).toBe('path-absolute');
  });

  it.each([
    'six-1.0+local.tar.gz',
    'a'.repeat(512),
    '...',
    '.hidden',
    'é',
    '(a)~!$&,;=@:[]{}\'"<>^`|*',
    '日本語-1.whl',
  ])('is none of: %s', filename => {
    expect(codeOf(upload({ filename }))).toBeUndefined();
  });
});

describe('bad keys', () => {
  const bad: [string, Json][] = [
    ['no object', 'key'],
    ['no fields', {}],
    ['no scheme', { keytype: 'ed25519', keyval: KEY.keyval }],
    ['an unknown type', { ...KEY, keytype: 'x' }],
    ['an unknown scheme', { ...KEY, scheme: 'rsassa-pss-sha512', keytype: 'rsa' }],
    ['31 bytes', { ...KEY, keyval: { public: KEY.keyval.public.slice(2) } }],
    ['upper case', { ...KEY, keyval: { public: KEY.keyval.public.toUpperCase() } }],
    ['no point', { ...KEY, keyval: { public: `02${'00'.repeat(31)}` } }],
    ['the identity', { ...KEY, keyval: { public: `01${'00'.repeat(31)}` } }],
    [
      'a point of order 8',
      { ...KEY, keyval: { public: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a' } },
    ],
    ['no PEM', { keytype: 'rsa', scheme: 'rsassa-pss-sha256', keyval: { public: 'x' } }],
  ];
  it.each(bad)('%s', (_what, value) => {
    expect(codeOf(good('publisher.enrolled', { key: value }))).toBe('key-invalid');
    expect(codeOf(good('key.rotated', { keys: [value], threshold: 1 }))).toBe('key-invalid');
    expect(codeOf(good('ledger.opened', { administrators: { keys: [value], threshold: 1 } }))).toBe(
      'key-invalid',
    );
  });

  it('text beside a key is signed with it, so it must be stable', () => {
    const enrol = (extra: JsonObject) => codeOf(good('publisher.enrolled', { key: { ...KEY, ...extra } }));
    expect(enrol({ note: 'é' })).toBeUndefined();
    expect(enrol({ note: 'e\u0301' })).toBe('text-unstable');
    expect(enrol({ note: { deep: ['\u0378'] } })).toBe('text-unstable');
    expect(enrol({ 'e\u0301': 1 })).toBe('text-unstable');
    expect(enrol({ note: '\ud800' })).toBe('key-invalid');
    expect(enrol({ note: 1.5 })).toBe('key-invalid');
  });

  /** The places where an event holds keys and a threshold. */
  const places: [string, (set: JsonObject) => RawEvent][] = [
    ['administrators', set => good('ledger.opened', { administrators: set })],
    ['a role', set => nested('ledger.opened', 'roles', { timestamp: set })],
    ['role.delegated', set => good('role.delegated', set)],
    ['key.rotated', set => good('key.rotated', set)],
  ];
  it.each(places)(
    '%s: a threshold above the keys, below 1, no keys, too many, one secret twice',
    (_what, of) => {
      const again = { ...KEY, note: 'the same secret under another keyid' };
      const one = testKey('one');
      expect(codeOf(of({ keys: [KEY], threshold: 1 }))).toBeUndefined();
      expect(codeOf(of({ keys: [KEY], threshold: 2 }))).toBe('field-range');
      expect(codeOf(of({ keys: [KEY], threshold: 0 }))).toBe('field-range');
      expect(codeOf(of({ keys: [], threshold: 1 }))).toBe('field-range');
      expect(codeOf(of({ keys: Array(65).fill(one.key), threshold: 1 }))).toBe('field-range');
      expect(codeOf(of({ keys: [KEY, KEY], threshold: 1 }))).toBe('field-range');
      expect(codeOf(of({ keys: [KEY, again], threshold: 2 }))).toBe('field-range');
    },
  );
});

/** JSON as JavaScript can hold it: fractions, and strings of any UTF-16 units. */
const anyJson = fc.letrec<{ value: Json }>(tie => {
  const text = fc.string({ unit: fc.nat(0xffff).map(unit => String.fromCharCode(unit)), maxLength: 4 });
  const leaf = fc.oneof(fc.constant(null), fc.boolean(), fc.double(), fc.maxSafeInteger(), text);
  const list = fc.array(tie('value'), { maxLength: 3 });
  const object = fc.dictionary(text, tie('value'), { maxKeys: 3 });
  return { value: fc.oneof({ depthSize: 'small' }, leaf, list, object) };
}).value;
/** Good events of which some fields, or fields of fields, say anything. */
const spoiltEvent = fc
  .constantFrom(...(Object.keys(GOOD_EVENTS) as EventType[]))
  .chain(type =>
    fc.tuple(fc.constant(type), fc.dictionary(fc.constantFrom(...Object.keys(GOOD_EVENTS[type])), anyJson)),
  )
  .map(([type, change]) => good(type, change));
const annotatedKey = fc.tuple(fc.constantFrom('note', 'é', 'e\u0301'), anyJson).map(([name, note]) => {
  return good('publisher.enrolled', { key: { ...KEY, [name]: note } });
});

describe('any JSON', () => {
  it('is decoded or rejected, and what was decoded can stand in a record', () => {
    fc.assert(
      fc.property(fc.oneof(spoiltEvent, annotatedKey), raw => {
        if (codeOf(raw) !== undefined) return;
        expect(() =>
          encodePayload({ ledger: '', stream: 'main', seq: 1, v: 1, events: [raw] }),
        ).not.toThrow();
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the order of checks', () => {
  it.each<[string, RawEvent, string]>([
    ['the type before its fields', event('nothing', { extra: 1 }), 'event-unknown'],
    ['unknown fields before all others', upload({ extra: 1, project: 5, length: -1 }), 'field-unknown'],
    ['project before length', upload({ project: 'A', length: -1 }), 'project-name'],
    ['filename before path', upload({ filename: '', path: '/' }), 'path-empty'],
    ['path before length', upload({ path: '/', length: -1 }), 'path-absolute'],
    ['length before hashes', upload({ length: -1, hashes: {} }), 'length-range'],
    ['an unknown hash before a bad one', upload({ hashes: { sha256: 'x', md5: 'x' } }), 'hash-algorithm'],
    ['hashes before release', upload({ hashes: {}, release: '' }), 'field-missing'],
    ['a missing field at its place', event('file.uploaded', { project: 'A' }), 'project-name'],
    ['a length of text before its characters', upload({ release: '\n'.repeat(129) }), 'field-range'],
    ['a path: its length before its form', upload({ path: `/${'x'.repeat(512)}` }), 'path-too-long'],
    ['a path: absolute before dots', upload({ path: '/..' }), 'path-absolute'],
    ['a path: dots before depth', upload({ path: 'a/b/c/d/e/f/g/h/..' }), 'path-dots'],
    ['a path: depth before characters', upload({ path: 'a/b/c/d/e/f/g/h/?' }), 'path-too-deep'],
    ['a path: characters before stability', upload({ path: 'e\u0301?' }), 'path-character'],
    [
      'a list: its length before its items',
      good('signed', { signatures: Array(1001).fill(1) }),
      'field-range',
    ],
    ['keys before their threshold', good('key.rotated', { keys: [1], threshold: 0 }), 'key-invalid'],
  ])('%s', (_what, raw, code) => {
    expect(codeOf(raw)).toBe(code);
  });
});

describe('a policy', () => {
  const withPolicy = (hashBins: { lifetime: number; window: number }) => {
    const lifetime = { lifetime: 100, window: 50 };
    const policy = { hashBins, snapshot: lifetime, timestamp: lifetime, cutInterval: 1, overlap: 0 };
    return decodeEvent({ type: 'policy.changed', policy });
  };

  it('renews no role from the moment of its issue on', () => {
    expect(withPolicy({ lifetime: 100, window: 99 })).not.toHaveProperty('rejection');
    expect(withPolicy({ lifetime: 100, window: 100 })).toHaveProperty('rejection.code', 'field-range');
  });
});
