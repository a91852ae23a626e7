/** How the repository is served: caching, compression, and what is not there. */

import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LedgerServer } from '../fixtures/ledger-server.js';

let server: LedgerServer;

beforeAll(async () => {
  server = await LedgerServer.start({ scheme: 'succinct', count: 256 });
  await server.ready();
});
afterAll(() => server?.stop());

/** What is sent, byte for byte: fetch would undo the compression, and ask caches for nothing. */
function raw(
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    request(server.url + path, { headers }, response => {
      const chunks: Buffer[] = [];
      response.on('data', chunk => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    })
      .on('error', reject)
      .end();
  });
}

describe('/metadata/', () => {
  it('lets caches keep versioned files for ever, and ask for the timestamp each time', async () => {
    const root = await server.get('/metadata/1.root.json');
    expect(root.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(root.headers.get('content-type')).toContain('application/json');
    expect((await server.get('/metadata/timestamp.json')).headers.get('cache-control')).toBe('no-cache');
  });

  it('answers 304 to who has the file', async () => {
    const etag = (await server.get('/metadata/timestamp.json')).headers.get('etag')!;
    const again = await raw('/metadata/timestamp.json', { 'if-none-match': etag });
    expect(again).toMatchObject({ status: 304, body: Buffer.alloc(0) });
  });

  it('compresses for who asks, the same bytes', async () => {
    const plain = await raw('/metadata/1.snapshot.json', {});
    const small = await raw('/metadata/1.snapshot.json', { 'accept-encoding': 'gzip' });
    expect(small.headers['content-encoding']).toBe('gzip');
    expect(small.body.length).toBeLessThan(plain.body.length / 3);
    expect(gunzipSync(small.body)).toEqual(plain.body);
  });

  it.each([
    '/metadata/2.root.json',
    '/metadata/..%2F..%2Fledger.json',
    '/metadata/%2e%2e%2fkeys',
    '/metadata/x',
  ])('answers 404 with a code to %s', async path => {
    const response = await server.get(path);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({
      status: 404,
      code: expect.stringMatching(/unknown|not-found/),
    });
  });
});
