import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { upload } from '../../../test/fixtures/test-ledger.js';
import { ENVELOPE_TYPE } from '../src/records-intake.js';
import { RunningGateway } from './running-gateway.js';

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await RunningGateway.start();
});
afterAll(() => gateway?.stop());

const published = { query: '?wait=published' };
/** A page of rejections, as far as these tests look at it. */
interface RejectionPage {
  readonly rejections: { readonly position: number; readonly event: number }[];
  readonly next: number | null;
}

const yank = (project: string, filename: string) => ({ type: 'file.yanked', project, filename });

describe('waiting for the publication of a request', () => {
  it('tells of an upload the role, its version and the state that show it', async () => {
    const { status, body } = await gateway.post({ events: [upload('six', 'six-1.0.tar.gz')] }, published);
    expect(status).toBe(200);
    const [{ role, version, snapshot, ...rest }] = body.outcomes;
    expect(rest).toEqual({ event: 0, position: body.positions[0], result: 'applied' });
    const file = (await gateway.get(`/v1/roles/${role}/versions/${version}`)).body.metadata;
    expect(file.signed.targets).toHaveProperty(['six/six-1.0.tar.gz']);
    const listed = (await gateway.get(`/v1/roles/snapshot/versions/${snapshot}`)).body.metadata.signed.meta;
    expect(listed[`${role}.json`]).toEqual({ version });
    expect((await gateway.get('/v1/states?limit=1')).body.states[0]).toMatchObject({
      state: snapshot,
      complete: true,
    });
  });

  it('answers each event by itself, in the order of the request', async () => {
    const events = [
      upload('flask', 'flask-1.0.tar.gz'),
      yank('flask', 'flask-1.0.tar.gz'),
      yank('flask', 'flask-1.0.tar.gz'),
      upload('flask', 'flask-1.0.tar.gz', 'other bytes'),
      yank('flask', 'flask-9.tar.gz'),
    ];
    const { status, body } = await gateway.post({ events }, published);
    expect(status).toBe(200);
    expect(
      body.outcomes.map(({ result, code }: { result: string; code?: string }) => code ?? result),
    ).toEqual(['applied', 'applied', 'unchanged', 'path-taken', 'target-unknown']);
    expect(body.outcomes[1].snapshot).toBe(body.outcomes[0].snapshot);
  });

  it('does not wait for a state where nothing changes', async () => {
    gateway.signer.paused = true;
    const again = await gateway.post({ events: [upload('six', 'six-1.0.tar.gz')] }, published);
    const absent = await gateway.post(
      { events: [{ type: 'project.removed', project: 'absent' }] },
      published,
    );
    gateway.signer.paused = false;
    expect([again.status, absent.status]).toEqual([200, 200]);
    expect([again.body.outcomes[0].result, absent.body.outcomes[0].result]).toEqual(['unchanged', 'applied']);
  });

  it('spreads a large request over records, and still tells of every event', async () => {
    const events = Array.from({ length: 450 }, (_, i) => upload('large', `large-${i}.tar.gz`));
    const { status, body } = await gateway.post({ events }, published);
    expect(status).toBe(200);
    expect(body.positions.length).toBeGreaterThan(1);
    expect(body.positions.length).toBeLessThan(6);
    expect(body.outcomes.map((outcome: { event: number }) => outcome.event)).toEqual(events.map((_, i) => i));
    expect(new Set(body.outcomes.map((outcome: { snapshot: number }) => outcome.snapshot)).size).toBe(1);
    const { position, event } = body.events[449];
    const record = (await gateway.get(`/v1/records/${position}`)).body;
    expect(record.events[event].content.filename).toBe('large-449.tar.gz');
  });

  it('relays a ready envelope and tells what became of its events', async () => {
    const value = gateway.ledger.record({ key: gateway.ledger.keys.gateway, stream: 'backend' }, [
      upload('own', 'own-1.whl'),
    ]);
    const { status, body } = await gateway.post(value, { ...published, type: ENVELOPE_TYPE, token: 'relay' });
    expect(status).toBe(200);
    expect(body.outcomes).toMatchObject([{ event: 0, result: 'applied' }]);
  });
});

describe('the scheduler of cuts', () => {
  it('goes on where another one was quicker', async () => {
    await gateway.untilQuiet();
    const { state } = (await gateway.get('/readyz')).body.lastCut;
    const rival = { key: gateway.ledger.keys.scheduler, stream: 'rival' };
    const cut = gateway.ledger.record(rival, [{ type: 'cut', state: state + 1, at: Date.now() }]);
    const [answer] = await Promise.all([
      gateway.post({ events: [upload('raced', 'raced-1.whl')] }, published),
      gateway.log.append([cut]),
    ]);
    expect(answer.status).toBe(200);
    expect(answer.body.outcomes[0].snapshot).toBeGreaterThan(state);
  });

  it('makes no cut where nothing changed', async () => {
    await gateway.untilQuiet();
    const { end } = await gateway.log.bounds();
    await gateway.post({ events: [upload('raced', 'raced-1.whl')] }, published);
    await new Promise(resolve => setTimeout(resolve, 300));
    expect((await gateway.log.bounds()).end).toBe(end + 1);
  });
});

describe('reading', () => {
  it('gives a record with its author, its outcomes and the state that covers it', async () => {
    const { body } = await gateway.post(
      { events: [upload('read', 'read-1.whl'), yank('read', 'none.whl')] },
      published,
    );
    const [position] = body.positions;
    const record = (await gateway.get(`/v1/records/${position}`)).body;
    expect(record).toMatchObject({
      position,
      author: { publisher: gateway.ledger.keys.gateway.keyid },
      stream: 'main',
      v: 1,
    });
    expect(record.events).toMatchObject([
      { event: 0, result: 'applied', content: { filename: 'read-1.whl' }, snapshot: record.published.state },
      { event: 1, result: 'rejected', code: 'target-unknown' },
    ]);
    expect((await gateway.get('/v1/records/0')).body.author).toEqual({ administrators: true });
    expect((await gateway.get('/v1/records/999999')).body).toMatchObject({
      status: 404,
      code: 'record-unknown',
    });
  });

  it('finds records behind noise at their positions', async () => {
    await gateway.log.append([new TextEncoder().encode('noise')]);
    const { body } = await gateway.post({ events: [upload('noisy', 'noisy-1.whl')] }, published);
    const record = (await gateway.get(`/v1/records/${body.positions[0]}`)).body;
    expect(record.events[0].content.filename).toBe('noisy-1.whl');
  });

  it('finds what others have appended by its offset, and says what is noise', async () => {
    const { gateway: writer } = gateway.ledger;
    const value = gateway.ledger.record({ ...writer, stream: 'direct' }, [yank('nobody', 'nothing.whl')]);
    const [offset, again] = await gateway.log.append([value, value]);
    const { body } = await gateway.get(`/v1/records?offset=${offset}`);
    expect(body).toMatchObject({
      stream: 'direct',
      events: [{ result: 'rejected', code: 'target-unknown' }],
    });
    expect(body).toEqual((await gateway.get(`/v1/records/${body.position}`)).body);
    const unknown = async (query: string) => {
      const answer = await gateway.get(`/v1/records${query}`);
      return [answer.status, answer.body.code, answer.body.detail];
    };
    expect(await unknown(`?offset=${again}`)).toEqual([
      404,
      'record-unknown',
      expect.stringContaining('noise'),
    ]);
    const [last] = await gateway.log.append([value]);
    expect(await unknown(`?offset=${last}`)).toEqual([
      404,
      'record-unknown',
      expect.stringContaining('noise'),
    ]);
    expect(await unknown('?offset=999999')).toEqual([404, 'record-unknown', expect.stringContaining('yet')]);
    expect((await unknown('')).slice(0, 2)).toEqual([400, 'query-invalid']);
  });

  it('gives a target with its history, and lists by project and page', async () => {
    const target = (await gateway.get('/v1/targets/flask/flask-1.0.tar.gz')).body;
    expect(target).toMatchObject({
      path: 'flask/flask-1.0.tar.gz',
      yanked: true,
      role: expect.stringMatching(/^bins-/),
    });
    expect(target.history).toHaveLength(1);
    const first = (await gateway.get('/v1/targets?project=large&limit=400')).body;
    expect(first.targets).toHaveLength(400);
    const second = (
      await gateway.get(`/v1/targets?project=large&limit=400&after=${encodeURIComponent(first.next)}`)
    ).body;
    expect([second.targets.length, second.next]).toEqual([50, null]);
    expect((await gateway.get('/v1/targets/six/none.whl')).body.code).toBe('target-unknown');
    expect((await gateway.get('/v1/targets/six/..%2F..%2Fetc')).body.code).toBe('target-unknown');
  });

  it('gives every version of every role as it was signed, also those whose text was let go', async () => {
    const { roles } = (await gateway.get('/v1/roles?limit=1000')).body;
    expect(roles).toHaveLength(16 + 5);
    for (const { role, version: newest } of roles) {
      for (let version = 1; version <= newest; version++) {
        const { status, body } = await gateway.get(`/v1/roles/${role}/versions/${version}`);
        expect([role, version, status]).toEqual([role, version, 200]);
        expect(body.metadata.signed.version).toBe(version);
        const kept = gateway.ledger.published.files.get(`${version}.${role}.json`);
        if (kept) expect(body.metadata).toEqual(JSON.parse(new TextDecoder().decode(kept)));
      }
    }
    expect((await gateway.get('/v1/roles/bins-0/versions/9999')).body.code).toBe('role-unknown');
  });

  it('pages rejections by whole records, in both directions', async () => {
    const newest = (await gateway.get('/v1/rejections?limit=1')).body;
    expect(newest.rejections[0]).toMatchObject({ code: 'target-unknown', position: newest.next });
    const all: RejectionPage['rejections'] = [];
    for (let next: number | null = Number.MAX_SAFE_INTEGER; next !== null; ) {
      const page: RejectionPage = (await gateway.get(`/v1/rejections?limit=1&before=${next}`)).body;
      all.push(...page.rejections);
      next = page.next;
    }
    const ascending = (await gateway.get('/v1/rejections?after=-1&limit=1000')).body.rejections;
    expect(all.reverse()).toEqual(ascending);
    expect(all.length).toBeGreaterThanOrEqual(3);
  });

  it('tells the states, the ledger, and the log from which it can be replayed', async () => {
    const { states } = (await gateway.get('/v1/states?limit=2')).body;
    expect(states[0].state).toBe(states[1].state + 1);
    const ledger = (await gateway.get('/v1/ledger')).body;
    expect(ledger).toMatchObject({
      ledger: gateway.ledger.ledger,
      origin: 'test.example/index',
      bins: { count: 16 },
      rules: 1,
    });
    const { log, next } = (await gateway.get('/v1/log?limit=1')).body;
    expect([log.length, log[0].offset, next]).toEqual([1, 0, 0]);
    expect(createHash('sha256').update(Buffer.from(log[0].value, 'base64')).digest('hex')).toBe(
      createHash('sha256').update(gateway.ledger.values[0]!).digest('hex'),
    );
  });

  it('says how the services are doing', async () => {
    expect((await gateway.get('/healthz')).body).toEqual({ status: 'ok' });
    const { status, body } = await gateway.get('/readyz');
    expect(status).toBe(200);
    expect(body).toMatchObject({ ready: true, reasons: [] });
    expect(body.services.map(({ name }: { name: string }) => name)).toEqual([
      'projector-root',
      'projector-targets',
      'projector-snapshot',
      'projector-timestamp',
    ]);
    const metrics = (await gateway.get('/metrics')).body as string;
    expect(metrics).toMatch(/^tuf_ledger_noise_total\{reason="envelope"\} 1$/m);
    expect(metrics).toMatch(/^tuf_ledger_cuts_total\{result="applied"\} [1-9]/m);
    expect(metrics).toMatch(/route="\/v1\/records\/:position",status="404"/);
  });

  it('documents itself', async () => {
    const { status, body } = await gateway.get('/openapi.json');
    expect(status).toBe(200);
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        '/v1/records',
        '/v1/records/{position}',
        '/v1/outcomes',
        '/v1/targets/{path}',
        '/v1/rejections',
        '/readyz',
      ]),
    );
    const refs = [...JSON.stringify(body).matchAll(/#\/components\/schemas\/(\w+)/g)].map(
      ([, name]) => name!,
    );
    for (const name of refs) expect(body.components.schemas).toHaveProperty(name);
    expect((await gateway.get('/docs')).body).toContain('swagger');
  });
});

describe('stopping', () => {
  it('answers 202 with what is known to those who wait', async () => {
    gateway.signer.paused = true;
    const events = [upload('late', 'late-1.whl'), yank('late', 'none.whl')];
    const { size: before } = (await gateway.get('/readyz')).body;
    const answer = gateway.post({ events }, published);
    // Every projector has folded it, and no state follows.
    const folded = async () => {
      const { size, services } = (await gateway.get('/readyz')).body;
      return size > before && services.every(({ position }: { position: number }) => position === size);
    };
    await expect.poll(folded, { timeout: 30_000 }).toBe(true);
    await gateway.stopHttp();
    const { status, body } = await answer;
    expect(status).toBe(202);
    expect(body.outcomes).toMatchObject([
      { event: 0, result: 'applied', role: expect.stringMatching(/^bins-/) },
      { event: 1, result: 'rejected', code: 'target-unknown' },
    ]);
    expect(body.outcomes[0]).not.toHaveProperty('snapshot');
  });
});
