/** Opening and replaying a ledger by the command line, against a whole one that runs. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '#apps/cli/src/exit-code';
import { tufLedger } from '../fixtures/command-line.js';
import { LedgerServer } from '../fixtures/ledger-server.js';
import { upload } from '../fixtures/test-ledger.js';

let server: LedgerServer;
let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tuf-replay-'));
  server = await LedgerServer.start({ scheme: 'succinct', count: 16 });
  await server.ready();
  await server.publish(upload('six', 'six-1.0.tar.gz'));
  await server.publish(upload('six', 'six-2.0.tar.gz'), {
    type: 'file.yanked',
    project: 'six',
    filename: 'six-1.0.tar.gz',
  });
});
afterAll(async () => {
  await server?.stop();
  await rm(scratch, { recursive: true, force: true });
});

const replay = (...args: string[]) => tufLedger(['replay', '--server', server.url, ...args]);

describe('replay', () => {
  it('derives every file as it is served, and writes the repository that it derived', async () => {
    const out = join(scratch, 'replayed');
    const { code, said } = await replay('--out', out);
    expect(said).toContain('are served byte for byte as derived');
    expect(code).toBe(ExitCode.ok);
    const names = (await readdir(server.folder.repository)).filter(name => name.endsWith('.json'));
    expect(names).toContain('3.snapshot.json');
    for (const name of names) {
      expect(await readFile(join(out, name)), name).toEqual(
        await readFile(join(server.folder.repository, name)),
      );
    }
  });

  it('derives an earlier repository up to a position', async () => {
    const { code, said } = await replay('--to', '5', '--json');
    expect(code).toBe(ExitCode.ok);
    expect(JSON.parse(said)).toMatchObject({ records: 6 });
  });

  it('fails on the name of another ledger instead of comparing nothing', async () => {
    const { code, said } = await replay('--ledger', '0'.repeat(64));
    expect(code).toBe(ExitCode.refused);
    expect(said).toContain('opens the ledger 0000');
  });

  it('says that another service may serve the files where none is served', async () => {
    const { code, said } = await replay('--repository', `${server.url}/v1`);
    expect(code).toBe(ExitCode.refused);
    expect(said).toContain('NONE of the');
    expect(said).toContain('--repository');
  });

  it('names a file that is not served as derived', async () => {
    const file = join(server.folder.repository, '1.root.json');
    const honest = await readFile(file);
    await writeFile(file, Buffer.concat([honest, Buffer.from(' ')]));
    const { code, said } = await replay();
    await writeFile(file, honest);
    expect(code).toBe(ExitCode.refused);
    expect(said).toContain('NOT served as derived');
    expect(said).toContain('1.root.json');
  });
});

describe('open', () => {
  it('opens a ledger once, and says that one is there', async () => {
    const data = join(scratch, 'opened');
    const open = () =>
      tufLedger(['open', '--data', data, '--bins', '32', '--scheme', 'path_hash_prefixes', '--json']);
    const opened = await open();
    expect(opened.code).toBe(ExitCode.ok);
    expect(JSON.parse(opened.said)).toMatchObject({ bins: { count: 32, scheme: 'path_hash_prefixes' } });
    expect(await open()).toMatchObject({ code: ExitCode.refused, said: expect.stringContaining('already') });
  });

  it.each([
    ['--bins', '100'],
    ['--bins', '1'],
    ['--scheme', 'other'],
    ['--origin', 'https://x'],
  ])('refuses %s %s', async (...wrong) => {
    expect((await tufLedger(['open', '--data', join(scratch, 'no'), ...wrong])).code).toBe(ExitCode.usage);
  });
});
