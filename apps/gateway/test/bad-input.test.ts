// What clients do wrong, line by line: each has its status and code, and nothing of it is appended.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testKey } from '../../../test/fixtures/keys.js';
import { upload } from '../../../test/fixtures/test-ledger.js';
import { ENVELOPE_TYPE, MAX_BODY_BYTES } from '../src/records-intake.js';
import { type Answer, RunningGateway } from './running-gateway.js';

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await RunningGateway.start();
  await gateway.untilQuiet();
});
afterAll(() => gateway?.stop());

const good = {
  type: 'file.uploaded',
  project: 'six',
  filename: 'six-1.0.tar.gz',
  length: 1,
  hashes: { sha256: '0'.repeat(64) },
};
const uploads = (fields: object) => ({ events: [{ ...good, ...fields }] });

function expectProblem(
  { status, headers, body }: Answer,
  expected: { status: number; code: string; [member: string]: unknown },
) {
  expect(body).toMatchObject({ ...expected, type: `urn:tuf-ledger:problem:${expected.code}` });
  expect([status, headers.get('content-type')]).toEqual([
    expected.status,
    'application/problem+json; charset=utf-8',
  ]);
  expect(body.title).toMatch(/^[A-Z]/);
  expect(body.detail.length).toBeGreaterThan(10);
}

/** Runs `work` and checks that the log is as long as before. Tests that append wait until nothing more follows from it. */
async function withNothingAppended(work: () => Promise<void>): Promise<void> {
  const { end } = await gateway.log.bounds();
  await work();
  expect((await gateway.log.bounds()).end).toBe(end);
}

describe('events that are malformed', () => {
  const cases: [name: string, body: unknown, code: string, detail: RegExp][] = [
    ['an unknown event type', { events: [{ type: 'file.uplaoded' }] }, 'event-unknown', /events\[0\]/],
    ['an unknown field', uploads({ colour: 'red' }), 'field-unknown', /colour/],
    ['a field missing', { events: [{ ...good, hashes: undefined }] }, 'field-missing', /hashes/],
    ['a field of the wrong type', uploads({ length: '1' }), 'field-type', /length/],
    ['an event that is no object', { events: [7] }, 'field-type', /events\[0\]/],
    ['an event without a type', { events: [{}] }, 'field-missing', /type/],
    ['a type that is no text', { events: [{ type: 1 }] }, 'field-type', /type/],
    ['a hash of the wrong length', uploads({ hashes: { sha256: '00' } }), 'hash-malformed', /sha256/],
    ['a hash in upper case', uploads({ hashes: { sha256: 'A'.repeat(64) } }), 'hash-malformed', /sha256/],
    [
      'an unknown hash algorithm',
      uploads({ hashes: { sha256: '0'.repeat(64), md5: '0' } }),
      'hash-algorithm',
      /md5/,
    ],
    ['a negative length', uploads({ length: -1 }), 'length-range', /length/],
    ['a project name not in its normal form', uploads({ project: 'Six' }), 'project-name', /project/],
    ['a filename with a slash', uploads({ filename: 'a/b' }), 'path-character', /filename/],
    ['a filename that climbs', uploads({ filename: '..' }), 'path-dots', /filename/],
    ['an empty filename', uploads({ filename: '' }), 'path-empty', /filename/],
    ['an absolute path', uploads({ path: '/etc/passwd' }), 'path-absolute', /path/],
    ['a path that climbs', uploads({ path: 'six/../six' }), 'path-dots', /path/],
    ['a path too long', uploads({ filename: 'x'.repeat(600) }), 'path-too-long', /filename/],
    ['a path with a query', uploads({ filename: 'six?x' }), 'path-character', /filename/],
    ['a path with a control character', uploads({ filename: 'six\u0000' }), 'path-character', /filename/],
    ['text that is not NFC', uploads({ filename: 'e\u0301' }), 'text-unstable', /filename/],
    ['half a surrogate pair', uploads({ release: '\ud800' }), 'text-unstable', /surrogate/],
    ['a path that is not its fields', uploads({ path: 'six/other' }), 'path-mismatch', /path/],
    ['a file without a project', { events: [{ ...good, project: undefined }] }, 'field-missing', /project/],
    [
      'an invalid key',
      { events: [{ type: 'publisher.enrolled', key: {}, permissions: {} }] },
      'key-invalid',
      /key/,
    ],
    ['no events', { events: [] }, 'field-range', /1 to 10000/],
    ['10,001 events', { events: Array(10_001).fill({ type: 'x' }) }, 'field-range', /10001/],
    ['events that are no list', { events: {} }, 'field-type', /events/],
    ['a body without events', {}, 'field-missing', /events/],
    ['a body with more than events', { events: [good], force: true }, 'field-unknown', /force/],
    ['a body that is a list', [good], 'field-type', /object/],
  ];
  it.each(cases)('%s is 422 with the code of the fault', async (_name, body, code, detail) => {
    await withNothingAppended(async () => {
      const answer = await gateway.post(body);
      expectProblem(answer, { status: 422, code });
      expect(answer.body.detail).toMatch(detail);
    });
  });

  it('names the event at fault, and appends none of the others', async () => {
    await withNothingAppended(async () => {
      const answer = await gateway.post({ events: [good, good, { ...good, length: -1 }] });
      expectProblem(answer, { status: 422, code: 'length-range', event: 2 });
      expect(answer.body.detail).toContain('events[2]: length');
    });
  });

  it.each(['9007199254740993', '9007199254740992', '1.5', '1.0', '1e2', '-0', '1e999'])(
    'the length %s is refused, not rounded',
    async number => {
      await withNothingAppended(async () => {
        const answer = await gateway.post(
          JSON.stringify(uploads({})).replace('"length":1', `"length":${number}`),
        );
        expectProblem(answer, { status: 422, code: 'field-type', event: 0 });
        expect(answer.body.detail).toContain(number);
      });
    },
  );

  it('a number that is refused elsewhere has the code of its field', async () => {
    const answer = await gateway.post('{"events":[{"type":"cut","state":1.5,"at":0}]}');
    expectProblem(answer, { status: 422, code: 'field-type' });
  });

  it('an event that fits no record is refused', async () => {
    const signatures = Array(500).fill({
      role: 'root',
      version: 1,
      sha256: '0'.repeat(64),
      keyid: '0'.repeat(64),
      sig: '00'.repeat(64),
    });
    await withNothingAppended(async () => {
      const answer = await gateway.post({ events: [{ type: 'signed', signatures }] });
      expectProblem(answer, { status: 422, code: 'record-too-large' });
    });
  });
});

describe('bodies', () => {
  it.each([
    ['half an object', '{"events":['],
    ['no JSON at all', 'events=1'],
    ['nothing', ''],
    ['JSON with a comment', '{"events":[]} // none'],
    ['bytes that are not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d)],
  ])('%s is 400 json-malformed', async (_name, body) => {
    await withNothingAppended(async () =>
      expectProblem(await gateway.post(body), { status: 400, code: 'json-malformed' }),
    );
  });

  it('over the limit is 413', async () => {
    const answer = await gateway.post(' '.repeat(MAX_BODY_BYTES + 1));
    expectProblem(answer, { status: 413, code: 'body-too-large' });
    expect(answer.body.detail).toContain(String(MAX_BODY_BYTES));
  });

  it('of another media type are 415', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx']) {
      expectProblem(await gateway.post({ events: [good] }, { type }), { status: 415, code: 'media-type' });
    }
  });

  it('may say a charset, and may come packed', async () => {
    const answer = await gateway.post(
      { events: [upload('six', 'six-0.1.whl')] },
      { type: 'application/json; charset=utf-8' },
    );
    expect(answer.status).toBe(200);
    await gateway.untilQuiet();
    const packed = await fetch(`${gateway.url}/v1/records`, {
      method: 'POST',
      headers: {
        Authorization: 'Bearer all',
        'Content-Type': 'application/json',
        'Content-Encoding': 'gzip',
      },
      body: 'not packed at all',
    });
    expect([packed.status, ((await packed.json()) as { code: string }).code]).toEqual([
      400,
      'body-incomplete',
    ]);
  });
});

describe('tokens', () => {
  it('a missing one is 401, and says how to bring one', async () => {
    const answer = await gateway.post({ events: [good] }, { token: null });
    expectProblem(answer, { status: 401, code: 'token-missing' });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="tuf-ledger"');
  });

  it('a wrong one is 401', async () => {
    const answer = await gateway.post({ events: [good] }, { token: 'allx' });
    expectProblem(answer, { status: 401, code: 'token-invalid' });
    expect(answer.headers.get('www-authenticate')).toContain('invalid_token');
  });

  it('is asked for before the body is looked at', async () => {
    expectProblem(await gateway.post('{', { token: 'wrong' }), { status: 401, code: 'token-invalid' });
  });

  it('one without the permission is 403, with the event that needs it', async () => {
    await withNothingAppended(async () => {
      expectProblem(await gateway.post({ events: [good] }, { token: 'reader' }), {
        status: 403,
        code: 'not-permitted',
        event: 0,
      });
      expectProblem(await gateway.post({ events: [good] }, { token: 'relay' }), {
        status: 403,
        code: 'not-permitted',
      });
      expectProblem(await gateway.post('{}', { token: 'reader', type: ENVELOPE_TYPE }), {
        status: 403,
        code: 'not-permitted',
      });
    });
  });

  it('none permits what only administrators and schedulers may say', async () => {
    const events = [good, { type: 'cut', state: 1, at: 0 }];
    expectProblem(await gateway.post({ events }), { status: 403, code: 'not-permitted', event: 1 });
    const revoked = { type: 'publisher.revoked', keyid: '0'.repeat(64) };
    expectProblem(await gateway.post({ events: [revoked] }), {
      status: 403,
      code: 'not-permitted',
      event: 0,
    });
  });
});

describe('ready envelopes that would be noise', () => {
  const writer = () => ({ key: gateway.ledger.keys.gateway, stream: 'relayed' });
  const record = (frame = {}) => gateway.ledger.record(writer(), [upload('six', 'six-2.0.whl')], frame);
  const refused = async (value: Uint8Array | string, reason: string) => {
    await withNothingAppended(async () => {
      const answer = await gateway.post(value, { type: ENVELOPE_TYPE });
      expectProblem(answer, { status: 422, code: 'noise', reason });
    });
  };

  it('of another ledger', () => refused(record({ ledger: 'f'.repeat(64) }), 'ledger'));

  it('replayed', async () => {
    const value = record();
    expect((await gateway.post(value, { type: ENVELOPE_TYPE })).status).toBe(200);
    await gateway.untilQuiet();
    await refused(value, 'sequence');
  });

  it('unsigned', async () => {
    const [payload] = JSON.parse(new TextDecoder().decode(record())).payload.split(' ');
    const body = { payload, payloadType: 'application/vnd.tuf-ledger.record+json', signatures: [] };
    await refused(JSON.stringify(body), 'envelope');
  });

  it('with a wrong signature', async () => {
    const text = new TextDecoder().decode(record());
    const forged = text.replace(/"sig":"(.)/, (_, first) => `"sig":"${first === 'A' ? 'B' : 'A'}`);
    await refused(forged, 'signature');
  });

  it('by a key that is not enrolled', () =>
    refused(
      gateway.ledger.record({ key: testKey('stranger'), stream: 'main' }, [upload('six', 'six-2.whl')]),
      'publisher-unknown',
    ));

  it('in the stream of administrators, by a publisher', () =>
    refused(
      gateway.ledger.record(
        { key: gateway.ledger.keys.gateway, stream: 'admin' },
        [upload('six', 'six-2.whl')],
        { seq: 9 },
      ),
      'signatures',
    ));

  it('that are no canonical JSON, are empty, or too large', async () => {
    const text = new TextDecoder().decode(record());
    await refused(text.replace(':', ': '), 'envelope');
    await refused('', 'envelope');
    await refused(' '.repeat(65_536), 'envelope');
  });

  it('that would stop every service', async () => {
    const value = gateway.ledger.record(gateway.ledger.administrators, [
      { type: 'rules.activated', version: 2 },
    ]);
    await withNothingAppended(async () => {
      expectProblem(await gateway.post(value, { type: ENVELOPE_TYPE }), {
        status: 422,
        code: 'rules-unknown',
      });
    });
  });
});

describe('URLs', () => {
  it('of nothing are 404, by every method', async () => {
    for (const path of ['/', '/v1', '/v2/records', '/v1/records/1/2', '/metadata']) {
      expectProblem(await gateway.get(path), { status: 404, code: 'route-unknown' });
    }
    const deleted = await fetch(`${gateway.url}/v1/records`, { method: 'DELETE' });
    expect([deleted.status, ((await deleted.json()) as { code: string }).code]).toEqual([
      404,
      'route-unknown',
    ]);
  });

  it.each([
    '/v1/records/x',
    '/v1/records/-1',
    '/v1/records/99999999999999999999',
    '/v1/targets?limit=0',
    '/v1/targets?limit=1001',
    '/v1/targets?limit=1.5',
    '/v1/targets?limit=1&limit=2',
    '/v1/targets?project=Six',
    '/v1/targets?after=%00',
    '/v1/states?before=x',
    '/v1/rejections?before=1&after=1',
    '/v1/roles/root/versions/0',
    '/v1/roles/%ff/versions/1',
    '/v1/log?after=-2',
  ])('%s is 400 query-invalid', async path => {
    expectProblem(await gateway.get(path), { status: 400, code: 'query-invalid' });
  });

  it('may not wait for something else', async () => {
    expectProblem(await gateway.post({ events: [good] }, { query: '?wait=forever' }), {
      status: 400,
      code: 'query-invalid',
    });
  });

  it.each(['/v1/targets/%00', `/v1/targets/${'x'.repeat(600)}`])(
    '%s is a target that nobody knows',
    async path => {
      expectProblem(await gateway.get(path), { status: 404, code: 'target-unknown' });
    },
  );

  it.each(['/v1/roles/..%2f/versions/1', '/v1/roles/Root/versions/1'])(
    '%s is a role that nobody knows',
    async path => {
      expectProblem(await gateway.get(path), { status: 404, code: 'role-unknown' });
    },
  );
});
