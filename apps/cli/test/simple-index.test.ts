import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { FakeGateway } from './fake-gateway.js';
import { serve } from './local-server.js';
import { type CliRun, runCli } from './run-cli.js';

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';
const META = { 'api-version': '1.1' };

function pageOf(name: string): object {
  const hashes = { sha256: 'ab'.repeat(32) };
  return {
    meta: META,
    name,
    files: [{ filename: `${name}-1.0.tar.gz`, size: 1, hashes, 'upload-time': '2020-01-01T00:00:00Z' }],
  };
}

async function importFrom(url: string): Promise<CliRun & { paths: string[] }> {
  const gateway = await FakeGateway.open();
  const result = await runCli(['import', '--server', gateway.url, url]);
  return { ...result, paths: [...gateway.ledger.held().keys()] };
}

function answer(response: ServerResponse, body: object, type = JSON_TYPE): void {
  response.writeHead(200, { 'content-type': type }).end(JSON.stringify(body));
}

it('imports all projects of an index, eight pages at a time', async () => {
  const names = Array.from({ length: 32 }, (_, i) => `Project_${i}`);
  const held: (() => void)[] = [];
  let mostHeld = 0;
  const url = await serve((request, response) => {
    expect(request.headers.accept).toBe(JSON_TYPE);
    if (request.url === '/simple/')
      return answer(response, { meta: META, projects: names.map(name => ({ name })) });
    held.push(() => answer(response, pageOf(request.url!.split('/')[2]!)));
    mostHeld = Math.max(mostHeld, held.length);
    // Eight wait for one another; a ninth would come meanwhile.
    if (held.length === 8) {
      setTimeout(() => {
        for (const release of held.splice(0)) release();
      }, 20);
    }
  });
  const { exitCode, stdout, paths } = await importFrom(`${url}/simple/`);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('Read 32 projects: 32 files');
  expect(paths).toContain('project-7/project-7-1.0.tar.gz');
  expect(mostHeld).toBe(8);
});

it('imports one project, through a redirect and compression', async () => {
  const url = await serve((request, response) => {
    if (request.url === '/simple/six')
      return void response.writeHead(301, { location: '/simple/six/' }).end();
    response
      .writeHead(200, { 'content-type': JSON_TYPE, 'content-encoding': 'gzip' })
      .end(gzipSync(JSON.stringify(pageOf('six'))));
  });
  expect(await importFrom(`${url}/simple/six`)).toMatchObject({ exitCode: 0, paths: ['six/six-1.0.tar.gz'] });
});

it('finds projects below a root without a slash at its end, and passes over one that is gone', async () => {
  const projects = [{ name: 'six' }, { name: 'gone' }];
  const url = await serve((request, response) => {
    if (request.url === '/simple') return answer(response, { meta: META, projects });
    if (request.url === '/simple/six/') return answer(response, pageOf('six'));
    response.writeHead(404).end();
  });
  expect(await importFrom(`${url}/simple`)).toMatchObject({ exitCode: 0, paths: ['six/six-1.0.tar.gz'] });
});

it('asks again where the index is busy', async () => {
  let asked = 0;
  const url = await serve((_request: IncomingMessage, response) => {
    if (++asked < 3) return void response.writeHead(503, { 'retry-after': '2' }).end();
    answer(response, pageOf('six'));
  });
  const { exitCode, sleeps } = await importFrom(`${url}/simple/six/`);
  expect({ exitCode, sleeps }).toEqual({ exitCode: 0, sleeps: [2_000, 2_000] });
});

it.each([
  ['text/html', 200, '<!DOCTYPE html>', 'page-malformed', 'answers in HTML'],
  [
    JSON_TYPE,
    200,
    '{"meta":{"api-version":"1.0"},"projects":[{"name":"a"},{}]}',
    'page-malformed',
    'projects[1]',
  ],
  [JSON_TYPE, 200, '{"meta"', 'json-malformed', 'line 1, column 8'],
  [JSON_TYPE, 404, '', 'source-missing', 'does not exist (404)'],
  [JSON_TYPE, 403, '', 'source-missing', 'answered 403'],
])('refuses an answer in %s of status %i: %s', async (type, status, body, code, message) => {
  const url = await serve(
    (_request, response) => void response.writeHead(status, { 'content-type': type }).end(body),
  );
  const gateway = await FakeGateway.open();
  const { exitCode, stdout } = await runCli(['import', '--json', '--server', gateway.url, `${url}/simple/`]);
  expect(exitCode).toBe(5);
  expect(JSON.parse(stdout).error).toMatchObject({ code, message: expect.stringContaining(message) });
});
