import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventSource } from '../../../test/fixtures/event-source.js';
import { upload } from '../../../test/fixtures/test-ledger.js';
import { RunningGateway } from './running-gateway.js';

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await RunningGateway.start();
});
afterAll(() => gateway?.stop());

function listen(query = '', headers: Readonly<Record<string, string>> = {}): Promise<EventSource> {
  return EventSource.open(`${gateway.url}/v1/outcomes${query}`, headers);
}

/** An event of /v1/records, as far as the stream leaves it out. */
interface RecordedEvent {
  readonly content: object;
  readonly version?: number;
  readonly snapshot?: number;
}

/** Appends events through the gateway; gives the position of their record. */
async function post(...events: readonly object[]): Promise<number> {
  const { status, body } = await gateway.post({ events });
  expect(status).toBe(200);
  return body.positions[0];
}

const yank = (project: string, filename: string) => ({ type: 'file.yanked', project, filename });

describe('the stream of outcomes', () => {
  it('tells of each record what became of its events, from the next record on', async () => {
    const source = await listen();
    expect(source.answer.headers.get('content-type')).toBe('text/event-stream');
    const file = upload('stream', 'stream-1.whl');
    const position = await post(file, file, yank('stream', 'none.whl'));
    const [told] = (await source.through(position)).slice(-1);
    expect(told!.data).toEqual({
      position,
      events: [
        { event: 0, result: 'applied', role: expect.stringMatching(/^bins-/) },
        { event: 1, result: 'unchanged' },
        { event: 2, result: 'rejected', code: 'target-unknown', detail: expect.any(String) },
      ].map(event => expect.objectContaining(event)),
    });
    source.leave();
  });

  it('tells of records that were appended without the gateway, and nothing of noise', async () => {
    const { ledger, log } = gateway;
    const source = await listen();
    const publisher = { key: ledger.keys.gateway, stream: 'direct' };
    const records = ['a', 'b'].map(name => ledger.record(publisher, [upload('direct', `${name}.whl`)]));
    const junk = Array.from({ length: 50 }, (_, i) => Uint8Array.of(0, i));
    const offsets = await log.append([records[0]!, ...junk, records[0]!, records[1]!]);
    const { body } = await gateway.get(`/v1/records?offset=${offsets.at(-1)}`);
    const told = await source.through(body.position);
    const direct = told.filter(({ data }) => data.position >= body.position - 1);
    expect(direct.map(({ id, data }) => [id, data.events[0].result])).toEqual([
      [body.position - 1, 'applied'],
      [body.position, 'applied'],
    ]);
    source.leave();
  });

  it('gives every record from the first on, as /v1/records does but for its publication', async () => {
    const last = await post(upload('stream', 'stream-2.whl'));
    const source = await listen('?after=-1');
    const told = await source.through(last);
    expect(told.map(({ id }) => id)).toEqual(told.map((_, i) => i));
    for (const { id, data } of told) {
      const { body } = await gateway.get(`/v1/records/${id}`);
      const events = body.events.map(({ content, version, snapshot, ...event }: RecordedEvent) => event);
      expect(data).toEqual({ position: id, events });
    }
    source.leave();
  });

  it('goes on where a client was that comes back', async () => {
    const position = await post(yank('stream', 'stream-1.whl'));
    const headers = { 'Last-Event-ID': String(position - 1) };
    const source = await listen('?after=0', headers);
    expect(await source.next()).toMatchObject({ id: position, data: { position } });
    source.leave();
  });

  it.each([
    ['?after=x', {}],
    ['?after=-2', {}],
    ['?after=9007199254740991', {}],
    ['', { 'Last-Event-ID': 'yesterday' }],
  ])('refuses %s %o', async (query, headers) => {
    const source = await listen(query, headers as Record<string, string>);
    expect(source.answer.status).toBe(400);
    source.leave();
  });

  it('ends when the service stops', async () => {
    const source = await listen();
    const [end] = await Promise.all([source.next(), gateway.stopHttp()]);
    expect(end).toBeUndefined();
    expect(source.besides).toEqual(['retry: 1000']);
  });
});
