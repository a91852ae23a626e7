import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { FakeGateway } from './fake-gateway.js';
import { serve } from './local-server.js';
import { type CliOptions, type CliRun, runCli } from './run-cli.js';

const UPLOAD = {
  type: 'file.uploaded',
  project: 'p',
  filename: 'a',
  length: 1,
  hashes: { sha256: 'ab'.repeat(32) },
};
const YANK = { type: 'file.yanked', project: 'p', filename: 'b' };

let gateway: FakeGateway;
beforeEach(async () => {
  gateway = await FakeGateway.open();
});

function submit(args: readonly string[], options?: CliOptions): Promise<CliRun> {
  return runCli(['submit', '--server', gateway.url, ...args], options);
}

async function fileOf(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tuf-ledger-cli-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'file'), content);
  return join(folder, 'file');
}

it('tells the position and outcome of each event', async () => {
  const { exitCode, stdout } = await submit([await fileOf(JSON.stringify([UPLOAD, UPLOAD, YANK]))]);
  expect(stdout.split('\n')).toEqual([
    '3 events are in the ledger at position 5.',
    'event 0 (position 5): applied',
    'event 1 (position 5): unchanged',
    'event 2 (position 5): rejected: target-unknown: p/b is no target of this ledger',
    '',
  ]);
  expect(exitCode).toBe(1);
});

it('reads JSON lines from the standard input, and prints JSON', async () => {
  const stdin = `${JSON.stringify(UPLOAD)}\n${JSON.stringify({ ...YANK, filename: 'a' })}\n`;
  const { exitCode, stdout } = await submit(['-', '--json'], { stdin });
  expect(JSON.parse(stdout)).toEqual({
    positions: [5],
    outcomes: [
      { event: 0, position: 5, result: 'applied' },
      { event: 1, position: 5, result: 'applied' },
    ],
    published: true,
  });
  expect(exitCode).toBe(0);
});

it('counts events over several requests', async () => {
  const uploads = Array.from({ length: 1_001 }, (_, i) => ({ ...UPLOAD, filename: `f${i}` }));
  const { stdout } = await submit(['-', '--json'], { stdin: JSON.stringify([...uploads, YANK]) });
  const { outcomes, positions } = JSON.parse(stdout);
  expect(outcomes.map((outcome: { event: number }) => outcome.event)).toEqual(
    Array.from({ length: 1_002 }, (_, i) => i),
  );
  expect(outcomes.at(-1)).toMatchObject({ result: 'rejected' });
  expect(positions).toHaveLength(11);
});

it('says so where something is not published yet', async () => {
  gateway.publishes = false;
  const { exitCode, stdout } = await submit(['-'], { stdin: JSON.stringify(UPLOAD) });
  expect(exitCode).toBe(6);
  expect(stdout).toContain('Not all of it is published yet.');
});

it('does not wait where it is told not to', async () => {
  const { exitCode, stdout } = await submit(['-', '--no-wait'], { stdin: JSON.stringify(YANK) });
  expect(exitCode).toBe(0);
  expect(stdout).toBe(
    '1 event is in the ledger at position 5.\nNot waited for: what became of it. Next: tuf-ledger status\n',
  );
  expect(gateway.requests).toEqual(['POST /v1/records']);
});

it('sends a ready envelope as it is, and only once', async () => {
  const envelope = '{"payload":"","payloadType":"x","signatures":[]}';
  const { exitCode, stdout } = await submit(['--envelope', await fileOf(envelope)]);
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: 'The envelope is in the ledger at position 5.\n',
  });
  expect(gateway.envelopes).toEqual([envelope]);

  gateway.faults = ['lost-answer'];
  const lost = await submit(['--envelope', '-'], { stdin: envelope });
  expect(lost).toMatchObject({
    exitCode: 3,
    sleeps: [],
    stderr: expect.stringContaining('may be in the log already'),
  });
  expect(gateway.envelopes).toHaveLength(2);
});

it('sends nothing that is no event', async () => {
  const rubbish = await submit(['-'], { stdin: '[{"type":"cut",}]' });
  expect(rubbish).toMatchObject({
    exitCode: 5,
    stderr: expect.stringContaining('the standard input is not JSON'),
  });
  expect(await submit(['-'], { stdin: '[{}]' })).toMatchObject({ exitCode: 5 });
  expect(await submit(['/nowhere'])).toMatchObject({
    exitCode: 5,
    stderr: expect.stringContaining('/nowhere'),
  });
  expect(await submit([])).toMatchObject({ exitCode: 2 });
  expect(await submit(['-', '--envelope', '-'])).toMatchObject({ exitCode: 2 });
  expect(gateway.requests).toEqual([]);
});

it.each([
  [
    403,
    { code: 'not-permitted', detail: 'this token may not cut' },
    4,
    'not-permitted: this token may not cut.',
  ],
  [413, { title: 'Too large' }, 5, 'answered 413: Too large.'],
  [400, { code: 'body-malformed', detail: 'no events.' }, 5, 'body-malformed: no events.'],
  [500, 'oops', 7, 'answered 500: no reason given.'],
  [200, { positions: 'x' }, 7, 'has no list of "positions"'],
  [200, 'oops', 7, 'is no JSON'],
])('turns the answer %i %j into exit code %i', async (status, body, exitCode, message) => {
  const url = await serve((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  const result = await runCli(['submit', '-', '--server', url], { stdin: JSON.stringify(YANK) });
  expect(result.exitCode).toBe(exitCode);
  expect(result.stderr).toContain(message);
});
