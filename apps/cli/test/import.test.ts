import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { FakeGateway } from './fake-gateway.js';
import { deadUrl } from './local-server.js';
import { REAL_PAGES } from './real-pages.js';
import { type CliOptions, type CliRun, runCli } from './run-cli.js';

const SHA256 = 'ab'.repeat(32);

let gateway: FakeGateway;
beforeEach(async () => {
  gateway = await FakeGateway.open();
});

function runImport(args: readonly string[], options?: CliOptions): Promise<CliRun> {
  return runCli(['import', '--server', gateway.url, ...args], options);
}

function fileOf(filename: string, fields: object = {}): object {
  return { filename, size: 7, hashes: { sha256: SHA256 }, 'upload-time': '2020-01-01T00:00:00Z', ...fields };
}

function pageOf(...files: object[]): string {
  return JSON.stringify({ meta: { 'api-version': '1.1' }, name: 'six', files });
}

/** Writes files into a folder that is gone after the test. */
async function folderOf(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tuf-ledger-cli-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

describe('the import of twelve real projects', () => {
  it('sends every file in upload order, and nothing the second time', async () => {
    const first = await runImport([REAL_PAGES]);
    expect(first.stdout).toContain('Read 12 projects: 10,041 files, 179 of them yanked.');
    expect(first.stdout).toContain(
      'Sent 10,220 events in 11 requests: 10,041 uploads, 179 yanks; 0 files already there.',
    );
    expect(first.stdout).toContain(`Published in state ${gateway.states.length}.`);
    expect(first.stdout).toContain(`Next: ${gateway.url}/v1/targets/numpy/numpy-2.5.5.tar.gz`);
    expect(first.exitCode).toBe(0);
    const times = gateway.events.flatMap(event =>
      event.uploadTime ? [Date.parse(event.uploadTime as string)] : [],
    );
    expect(times).toHaveLength(10_041);
    expect(times.every((time, i) => i === 0 || times[i - 1]! <= time)).toBe(true);

    const second = await runImport([REAL_PAGES, '--json']);
    expect(JSON.parse(second.stdout)).toMatchObject({
      projects: 12,
      files: 10_041,
      yanked: 179,
      sent: { events: 0, requests: 0 },
      alreadyThere: 10_041,
      conflicts: [],
      skipped: [],
    });
    expect(second.exitCode).toBe(0);
    expect(gateway.events).toHaveLength(10_220);
  });

  it('goes on where an interruption stopped it', async () => {
    gateway.onAppend = () => {
      if (gateway.events.length === 3_000) gateway.faults = Array(8).fill('lost-request');
    };
    const first = await runImport([REAL_PAGES]);
    expect(first.exitCode).toBe(3);
    expect(first.stderr).toContain('4,000 of 10,220 events are in the ledger.');
    expect(first.sleeps).toEqual([250, 500, 1000, 2000, 4000, 8000, 15000]);

    const second = await runImport([REAL_PAGES]);
    expect(second.stdout).toContain('Sent 6,220 events in 7 requests');
    expect(second.exitCode).toBe(0);
    expect(gateway.events).toHaveLength(10_220);
  });
});

describe('an import', () => {
  it('sends again what the server was too busy for, or did not answer', async () => {
    gateway.faults = ['busy', 'lost-request', 'lost-answer'];
    const folder = await folderOf({ 'six.json': pageOf(fileOf('six-1.0.tar.gz', { yanked: 'old' })) });
    const { exitCode, stdout, sleeps } = await runImport([folder]);
    expect(sleeps.slice(0, 3)).toEqual([3_000, 500, 1_000]);
    expect(exitCode).toBe(0);
    expect(gateway.events).toHaveLength(4);
    expect(gateway.rejections).toEqual([]);
    expect(gateway.ledger.held().get('six/six-1.0.tar.gz')).toMatchObject({ length: 7, yanked: 'old' });
    // The lost answer's record was published; its repetition changes nothing, so no state will ever be cut after that one.
    expect(stdout).toContain('Nothing is left to publish.');
  });

  it('reads pages in gzip, yanks and takes yanks back', async () => {
    const file = 'six-1.0.tar.gz';
    const before = await folderOf({
      'six.json.gz': gzipSync(pageOf(fileOf(file), fileOf('six-2.0.tar.gz', { yanked: true }))),
    });
    await runImport([before]);
    const after = await folderOf({
      'six.json': pageOf(fileOf(file, { yanked: 'bad' }), fileOf('six-2.0.tar.gz')),
    });
    const { stdout } = await runImport([join(after, 'six.json')]);
    expect(stdout).toContain(
      'Sent 2 events in 1 request: 0 uploads, 1 yank, 1 unyank; 0 files already there.',
    );
    expect(gateway.events.slice(-2)).toEqual([
      { type: 'file.yanked', project: 'six', filename: file, reason: 'bad' },
      { type: 'file.unyanked', project: 'six', filename: 'six-2.0.tar.gz' },
    ]);
  });

  it('reports a file with other content and does not send it', async () => {
    await runImport([await folderOf({ 'six.json': pageOf(fileOf('six-1.0.tar.gz')) })]);
    const other = pageOf(
      fileOf('six-1.0.tar.gz', { hashes: { sha256: 'cd'.repeat(32) } }),
      fileOf('six-1.1.tar.gz'),
    );
    const { exitCode, stdout } = await runImport([await folderOf({ 'six.json': other })]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      '1 file in conflict with the ledger, nothing sent for them:\n  six/six-1.0.tar.gz: other-content: ',
    );
    expect(gateway.events).toHaveLength(2);
  });

  it('leaves removed what the ledger has removed', async () => {
    const folder = await folderOf({ 'six.json': pageOf(fileOf('six-1.0.tar.gz')) });
    await runImport([folder]);
    gateway.apply([{ type: 'file.removed', project: 'six', filename: 'six-1.0.tar.gz' }]);
    const { exitCode, stdout } = await runImport([folder, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ sent: { events: 0 }, conflicts: [{ code: 'removed' }] });
    expect(exitCode).toBe(1);
  });

  it('tells which events were rejected', async () => {
    const folder = await folderOf({ 'six.json': pageOf(fileOf('six-1.0.tar.gz'), fileOf('six-1.1.tar.gz')) });
    // Another client is faster, with other content, after the import has looked at what the ledger holds.
    gateway.onAppend = () => {
      gateway.onAppend = () => {};
      const hashes = { sha256: 'cd'.repeat(32) };
      gateway.apply([
        { type: 'file.uploaded', project: 'six', filename: 'six-1.0.tar.gz', length: 7, hashes },
      ]);
    };
    const { exitCode, stdout } = await runImport([folder]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /Published in state 2\.\n1 event rejected:\n {2}position 7, event 0: path-taken: six\/six-1\.0/,
    );
  });

  it('does not wait for ever where every event was rejected', async () => {
    const folder = await folderOf({ 'six.json': pageOf(fileOf('six-1.0.tar.gz')) });
    gateway.onAppend = () => {
      gateway.onAppend = () => {};
      const hashes = { sha256: 'cd'.repeat(32) };
      gateway.apply([
        { type: 'file.uploaded', project: 'six', filename: 'six-1.0.tar.gz', length: 7, hashes },
      ]);
    };
    const { exitCode, stdout } = await runImport([folder]);
    expect(stdout).toContain('Nothing is left to publish.\n1 event rejected:');
    expect(exitCode).toBe(1);
  });

  it('reports files that can be no targets, and goes on', async () => {
    const page = pageOf(
      fileOf('six-1.0.tar.gz'),
      fileOf('a.zip', { hashes: {} }),
      fileOf('b.zip', { size: null }),
      fileOf('c d'),
    );
    const { exitCode, stdout } = await runImport([await folderOf({ 'six.json': page })]);
    expect(stdout).toContain("3 files can't be targets: sha256-missing 1, size-missing 1, path-character 1");
    expect(exitCode).toBe(0);
    expect(gateway.events).toHaveLength(1);
  });

  it('waits until a state covers what it sent', async () => {
    gateway.publishes = false;
    const folder = await folderOf({ 'six.json': pageOf(fileOf('six-1.0.tar.gz')) });
    const onSleep = (sleeps: number) => void (sleeps === 3 && gateway.publish());
    const { stdout, sleeps } = await runImport([folder], { onSleep });
    expect(stdout).toContain('Published in state 1.');
    expect(sleeps).toHaveLength(4);
  });

  it('says so where nothing is published for two minutes', async () => {
    gateway.publishes = false;
    const folder = await folderOf({ 'six.json': pageOf(fileOf('six-1.0.tar.gz')) });
    const { exitCode, stdout, stderr } = await runImport([folder, '--json']);
    expect(exitCode).toBe(6);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'not-published' } });
    expect(stderr).toContain('The ledger holds everything up to position 5');
  });

  it('does not wait where it is told not to', async () => {
    gateway.publishes = false;
    const folder = await folderOf({ 'six.json': pageOf(fileOf('six-1.0.tar.gz')) });
    const { exitCode, stdout, sleeps } = await runImport([folder, '--no-wait']);
    expect({ exitCode, sleeps }).toEqual({ exitCode: 0, sleeps: [] });
    expect(stdout).toContain('Not waited for');
  });

  it('draws a bar on a terminal', async () => {
    const folder = await folderOf({ 'six.json': pageOf(fileOf('six-1.0.tar.gz')) });
    const { stderr } = await runImport([folder], { terminal: true });
    expect(stderr).toMatch(/sending events \[.*\] 0\/1/);
  });
});

describe('an import stops', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await folderOf({ 'six.json': pageOf(fileOf('six-1.0.tar.gz')) });
  });

  it('at a token that the server does not know', async () => {
    const { exitCode, stderr, sleeps } = await runImport([folder], {
      variables: { TUF_LEDGER_TOKEN: 'guess' },
    });
    expect({ exitCode, sleeps }).toEqual({ exitCode: 4, sleeps: [] });
    expect(stderr).toMatch(/answered 401: token-invalid: the token is not known\..*--token-file/);
  });

  it('without a token, and says where one lies', async () => {
    const { exitCode, stderr } = await runImport([folder], { variables: { TUF_LEDGER_DATA: '/nowhere' } });
    expect(exitCode).toBe(4);
    expect(stderr).toContain('/nowhere/publisher.token');
  });

  it('where no server listens, and says how to start one', async () => {
    const url = await deadUrl();
    const { exitCode, stderr } = await runCli(['import', folder, '--server', url]);
    expect(exitCode).toBe(3);
    expect(stderr).toBe(
      `tuf-ledger: ${url} refused the connection. Start the server with \`npm start\` in the project's folder, or name another one with --server.\n`,
    );
  });

  it.each([
    ['{"meta":', 'json-malformed', 'line 1, column 9'],
    ['{"meta":{"api-version":"1.0"},"name":"a"}', 'page-malformed', 'no list of "files"'],
  ])('at the page %s', async (page, code, place) => {
    const { exitCode, stdout } = await runImport([await folderOf({ 'bad.json': page }), '--json']);
    expect(exitCode).toBe(5);
    const { error } = JSON.parse(stdout);
    expect(error.code).toBe(code);
    expect(error.message).toContain('bad.json');
    expect(error.message).toContain(place);
  });

  it('at a file that is no gzip, a folder without pages, and a path that is not there', async () => {
    const broken = await folderOf({ 'a.json.gz': gzipSync(pageOf()).subarray(0, 20) });
    expect(await runImport([broken])).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('no whole gzip file'),
    });
    const empty = await folderOf({ 'readme.txt': '' });
    expect(await runImport([empty])).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('no .json or .json.gz'),
    });
    expect(await runImport([join(empty, 'x')])).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('ENOENT'),
    });
  });

  it('at a command line that makes no sense', async () => {
    expect(await runImport([])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("missing required argument 'sources'"),
    });
    expect(await runCli(['import', folder, '--server', 'localhost'])).toMatchObject({ exitCode: 2 });
    expect(await runCli(['imprt'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('import') });
  });
});
