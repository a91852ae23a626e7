import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { LedgerFolder } from '#host';
import { Replay } from '#projection';
import { nativeCrypto } from '#signing';
import { type TestKey, testKey, testKeyPem } from '../../../test/fixtures/keys.js';
import { TestLedger } from '../../../test/fixtures/test-ledger.js';
import { ExitCode } from '../src/exit-code.js';
import { serveLedger } from './ledger-gateway.js';
import { type CliOptions, type CliRun, runCli, START } from './run-cli.js';

const YEAR_MS = 365 * 86_400_000;

let folder: string;
let data: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuf-ledger-ceremony-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  data = join(folder, 'data');
});

const at = (name: string) => join(folder, name);
const cli = (args: readonly string[], options: CliOptions = {}) =>
  runCli(args, { variables: { TUF_LEDGER_TOKEN: 'secret', TUF_LEDGER_DATA: data }, ...options });

/** Runs it, and expects that it is done. */
async function done(...args: readonly string[]): Promise<CliRun> {
  const ran = await cli(args);
  expect(ran, `${ran.stderr}${ran.stdout}`).toMatchObject({ exitCode: ExitCode.ok });
  return ran;
}

/** Runs it, and expects that it is refused with this code. */
async function refused(code: string, args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const ran = await cli([...args, '--json'], options);
  expect(JSON.parse(ran.stdout || '{}'), ran.stderr).toMatchObject({ error: { code } });
  expect(ran.exitCode).not.toBe(ExitCode.ok);
  return ran;
}

/** The files of a test's key, as `keys create` makes them. */
async function keyFiles(name: string): Promise<TestKey> {
  const pem = testKeyPem(name);
  await writeFile(at(`${name}.pem`), pem, { mode: 0o600 });
  await writeFile(at(`${name}.pem.pub`), createPublicKey(pem).export({ format: 'pem', type: 'spki' }));
  return testKey(name);
}

describe('keys create', () => {
  it.each(['ed25519', 'ecdsa-p256', 'rsa-pss'])(
    'makes a key of kind %s under a passphrase, and its public part',
    async kind => {
      const variables = { TUF_LEDGER_PASSPHRASE: 'correct horse' };
      const made = await cli(['keys', 'create', at('key.pem'), '--kind', kind, '--json'], { variables });
      expect(made.exitCode).toBe(ExitCode.ok);
      expect((await stat(at('key.pem'))).mode & 0o777).toBe(0o600);
      expect(await readFile(at('key.pem'), 'utf8')).toContain('ENCRYPTED PRIVATE KEY');
      const key = createPrivateKey({ key: await readFile(at('key.pem')), passphrase: 'correct horse' });
      const spki = (pem: Parameters<typeof createPublicKey>[0]) =>
        createPublicKey(pem).export({ format: 'pem', type: 'spki' });
      expect(spki(await readFile(at('key.pem.pub')))).toEqual(spki(key));
      const shown = await done('keys', 'show', at('key.pem.pub'), '--json');
      expect(JSON.parse(shown.stdout)).toEqual(JSON.parse(made.stdout));
    },
  );

  it('makes none without a passphrase, unless that is meant, and overwrites none', async () => {
    await refused('arguments-invalid', ['keys', 'create', at('key.pem')]);
    await done('keys', 'create', at('key.pem'), '--no-passphrase');
    expect(await readFile(at('key.pem'), 'utf8')).toContain('BEGIN PRIVATE KEY');
    await refused('key-unusable', ['keys', 'create', at('key.pem'), '--no-passphrase']);
  });
});

describe('open --offline', () => {
  const PEOPLE = ['alice', 'bob', 'carol'];
  const file = () => at('opening.json');
  const propose = (...more: readonly string[]) => [
    ...['open', '--offline', '--data', data, '--bins', '4', '--out', file()],
    ...PEOPLE.flatMap(name => ['--root', at(`${name}.pem.pub`)]),
    ...['--targets-key', at('dave.pem.pub'), ...more],
  ];
  const finish = (...files: readonly string[]) => [
    ...['open', '--offline', '--data', data],
    ...files.flatMap(one => ['--finish', one]),
  ];
  const signBy = (name: string, path = file()) =>
    done('root', 'sign', path, '--key', at(`${name}.pem`), '--yes');

  beforeEach(async () => {
    for (const name of [...PEOPLE, 'dave', 'eve']) await keyFiles(name);
  });

  it('opens a ledger whose offline keys are elsewhere, by copies that were signed apart', async () => {
    const proposed = await done(...propose('--threshold', 'administrators=1'));
    expect(proposed.stderr).toContain('root and administrators share keys');
    expect(proposed.stdout).toContain('2 of');
    await copyFile(file(), at('copy.json'));
    await signBy('alice');
    await signBy('dave');
    const early = await cli(finish(file()));
    expect(early).toMatchObject({
      exitCode: ExitCode.refused,
      stderr: expect.stringContaining('Signatures are missing'),
    });
    await signBy('bob', at('copy.json'));
    const { stdout } = await done(...finish(file(), at('copy.json')));
    const opened = new LedgerFolder(data);
    const { ledger } = (await opened.read())!;
    expect(stdout).toContain(ledger);
    const replay = new Replay(ledger, nativeCrypto);
    for (const value of [opened.openingFile, opened.signaturesFile])
      expect(replay.next(new Uint8Array(await readFile(value)))).toBeDefined();
    const complete = [...replay.state.reader.trust.values()].map(({ life }) => life.complete?.version);
    expect(complete).toEqual([1, 1, 1]);
    await expect(stat(opened.keyFile('root'))).rejects.toThrow('ENOENT');
    await refused('ledger-exists', finish(file()));
  });

  it('is signed by its keyholders alone, and each signature counts once', async () => {
    await done(...propose());
    await refused('key-not-in-role', ['root', 'sign', file(), '--key', at('eve.pem'), '--yes']);
    await signBy('alice');
    await signBy('alice');
    await signBy('dave');
    await refused('proposal-refused', finish(file()));
  });

  it('takes no signatures over another opening, and no file that was changed', async () => {
    await done(...propose());
    await copyFile(file(), at('other.json'));
    await done(...propose('--origin', 'another.example'));
    await refused('other-draft', finish(file(), at('other.json')));
    const { payload, ...rest } = JSON.parse(await readFile(file(), 'utf8'));
    await writeFile(at('bent.json'), JSON.stringify({ ...rest, payload: payload.slice(8) }));
    await refused('proposal-malformed', ['root', 'sign', at('bent.json'), '--key', at('alice.pem'), '--yes']);
  });

  it('begins no development ledger by mistake', async () => {
    await refused('arguments-invalid', ['open', '--data', data, '--root', at('alice.pem.pub')]);
    await done(...propose());
    await refused('folder-unusable', ['open', '--data', data]);
    await expect(new LedgerFolder(data).read()).resolves.toBeUndefined();
  });

  it('is finished only where the keys of its services are', async () => {
    await done(...propose());
    for (const name of ['alice', 'bob', 'dave']) await signBy(name);
    const elsewhere = ['open', '--offline', '--finish', file(), '--data'];
    await refused('key-unusable', [...elsewhere, at('empty')]);
    await done(...propose('--out', at('second.json')).map(arg => (arg === data ? at('other') : arg)));
    await refused('folder-unusable', [...elsewhere, at('other')]);
    await done(...finish(file()));
  });

  it.each([
    ['a threshold above the number of keys', ['--threshold', 'root=4'], 'arguments-invalid'],
    ['a threshold of 0', ['--threshold', 'root=0'], 'arguments-invalid'],
    ['a threshold of nobody', ['--threshold', 'snapshot=1'], 'arguments-invalid'],
    ['a key twice', ['--root', 'alice.pem.pub'], 'arguments-invalid'],
    ['a key that is not there', ['--root', 'nobody.pem'], 'key-unusable'],
  ])('is not proposed with %s', async (_what, more, code) => {
    await refused(code, propose(...more.map(arg => (arg.includes('.pem') ? at(arg) : arg))));
  });
});

describe('root', () => {
  let ledger: TestLedger;
  let url: string;
  const file = () => at('proposal.json');
  const propose = (...options: readonly string[]) => [
    'root',
    'propose',
    '--server',
    url,
    '--out',
    file(),
    ...options,
  ];
  const signBy = (...names: readonly string[]) =>
    done('root', 'sign', file(), '--yes', ...names.flatMap(name => ['--key', at(`${name}.pem`)]));
  const submit = (...files: readonly string[]) => ['root', 'submit', file(), ...files, '--server', url];
  const version = (role: 'root' | 'targets') =>
    ledger.replay.state.reader.trust.get(role)!.life.complete?.version;

  beforeEach(async () => {
    ledger = new TestLedger({ crypto: nativeCrypto }).open();
    url = await serveLedger(ledger);
    for (const name of ['root', 'offline', 'alice', 'bob']) await keyFiles(name);
  });

  it('gets a second key, and both have to sign', async () => {
    const { stdout } = await done(
      ...propose('--add', `root=${at('alice.pem.pub')}`, '--threshold', 'root=2'),
    );
    expect(stdout).toContain(`key ${testKey('alice').keyid.slice(0, 16)} (ed25519) comes`);
    expect(stdout).toContain('1 of 1 becomes 2 of 2');
    await signBy('alice');
    await refused('proposal-refused', submit());
    await copyFile(file(), at('copy.json'));
    await done('root', 'sign', at('copy.json'), '--key', at('root.pem'), '--yes');
    expect((await done(...submit(at('copy.json')))).stdout).toContain('root 2 is complete');
    expect(version('root')).toBe(2);
    const again = await done(...submit(at('copy.json')));
    expect(again.stdout).toContain('root 2 is complete');
    expect(
      JSON.parse((await done('root', 'status', '--server', url, '--json')).stdout).roles[0],
    ).toMatchObject({
      version: 2,
      proposed: null,
    });
  });

  it('shows the whole of who may sign, whatever the file says was there before', async () => {
    await done(...propose('--add', `root=${at('bob.pem.pub')}`));
    const proposal = JSON.parse(await readFile(file(), 'utf8'));
    const { roles, keys } = proposal.signed;
    const events = [proposal.events.at(-1)];
    await writeFile(
      file(),
      JSON.stringify({ ...proposal, events, before: { ...proposal.before, roles, keys } }),
    );
    const { stdout, stderr } = await done('root', 'sign', file(), '--key', at('root.pem'), '--yes');
    expect(stderr).toContain('--against');
    const both = [testKey('root'), testKey('bob')].map(({ keyid }) => keyid.slice(0, 16)).sort();
    expect(stdout).toContain(`root: 1 of 2: ${both.join(', ')}`);
  });

  it.each([
    ['no version before', { before: null }],
    ['an event that is none', { events: [null] }],
    ['another origin than a name', { origin: 'index\u001b[2K' }],
    ['signatures that are none', { signatures: [{}] }],
    ['a key that is none', { keys: [{ x: 1 }] }],
  ])('is not read with %s', async (_what, change) => {
    await done(...propose());
    await writeFile(file(), JSON.stringify({ ...JSON.parse(await readFile(file(), 'utf8')), ...change }));
    await refused('proposal-malformed', ['root', 'sign', file(), '--key', at('root.pem'), '--yes']);
  });

  it('counts only signatures that are valid, and overwrites none', async () => {
    await done(...propose('--add', `root=${at('alice.pem.pub')}`, '--threshold', 'root=2'));
    await signBy('root');
    await refused('would-overwrite', propose());
    const text = await readFile(file(), 'utf8');
    await writeFile(file(), text.replace(/("sig": ")[0-9a-f]{8}/, '$100000000'));
    const { stdout } = await signBy('alice');
    expect(stdout).toContain('0 of 1 of the keys in force have signed');
    await refused('folder-unusable', [
      'root',
      'sign',
      file(),
      '--key',
      at('root.pem'),
      '--yes',
      '--out',
      folder,
    ]);
  });

  it('is proposed by administrators where its own keys are lost', async () => {
    await keyFiles('administrator');
    await done(
      ...propose(
        '--add',
        `targets=${at('alice.pem.pub')}`,
        '--remove',
        `targets=${testKey('offline').keyid}`,
      ),
    );
    await signBy('root');
    expect((await cli(submit())).exitCode).toBe(ExitCode.refused);
    await rename(file(), at('root.json'));
    await done(...propose('--for', 'targets'));
    await signBy('alice');
    await refused('proposal-refused', submit());
    const waiting = await cli(submit('--administrator-key', at('administrator.pem')));
    expect(waiting).toMatchObject({
      exitCode: ExitCode.pending,
      stdout: expect.stringContaining('submit that again'),
    });
    await copyFile(at('root.json'), file());
    await done(...submit());
    expect([version('root'), version('targets')]).toEqual([2, 2]);
  });

  it('takes the place of another that was signed only if that is meant', async () => {
    await done(...propose('--add', `root=${at('alice.pem.pub')}`, '--threshold', 'root=2'));
    await signBy('root');
    expect((await cli(submit())).exitCode).toBe(ExitCode.pending);
    await rm(file());
    await done(...propose());
    await signBy('root');
    await refused('other-draft', submit());
    await done(...submit('--replace'));
  });

  it('takes the missing signatures later', async () => {
    await done(...propose('--add', `root=${at('alice.pem.pub')}`, '--threshold', 'root=2'));
    await signBy('root');
    const first = await cli(submit());
    expect(first).toMatchObject({
      exitCode: ExitCode.pending,
      stdout: expect.stringContaining('1 more needed'),
    });
    const { stdout } = await done('root', 'status', '--server', url);
    expect(stdout).toContain('proposed: root 2');
    await signBy('alice');
    expect((await done(...submit())).stdout).toContain('root 2 is complete');
  });

  it('waits for targets that bear the key which it brings', async () => {
    await done(
      ...propose(
        '--add',
        `targets=${at('alice.pem.pub')}`,
        '--remove',
        `targets=${testKey('offline').keyid}`,
      ),
    );
    await signBy('root');
    const early = await cli(submit());
    expect(early).toMatchObject({
      exitCode: ExitCode.refused,
      stdout: expect.stringContaining('targets-first'),
    });
    await rename(file(), at('root.json'));
    await done(...propose('--for', 'targets'));
    await signBy('offline', 'alice');
    expect((await done(...submit())).stdout).toContain('targets 2 is complete');
    await copyFile(at('root.json'), file());
    await done(...submit());
    expect([version('root'), version('targets')]).toEqual([2, 2]);
  });

  it('is signed by other programs too: over its bytes, or as the TUF file that it is', async () => {
    await done(...propose());
    await done('root', 'bytes', file(), at('bytes'));
    await writeFile(at('sig'), sign(null, await readFile(at('bytes')), testKeyPem('root')));
    await writeFile(at('bad'), sign(null, Buffer.from('other'), testKeyPem('root')));
    const attach = (key: string, signature: string) => [
      'root',
      'attach',
      file(),
      '--key',
      at(`${key}.pem.pub`),
      '--signature',
      at(signature),
    ];
    expect((await cli(attach('root', 'bad'))).stderr).toContain('not valid');
    expect((await cli(attach('bob', 'sig'))).stderr).toContain('signs nothing here');
    await done(...attach('root', 'sig'));
    const { signatures, signed } = JSON.parse(await readFile(file(), 'utf8'));
    await writeFile(at('metadata.json'), JSON.stringify({ signed, signatures }));
    await rm(file());
    await done(...propose('--days', '200'));
    await refused('other-draft', submit(at('metadata.json')));
    await rm(file());
    await done(...propose());
    await done(...submit(at('metadata.json')));
    expect(version('root')).toBe(2);
  });

  it('follows the root that a keyholder trusts', async () => {
    const served = ledger.published.files.get('1.root.json')!;
    await writeFile(at('1.root.json'), served);
    const text = new TextDecoder().decode(served);
    await writeFile(at('other.root.json'), text.replace('"expires":"2036', '"expires":"2035'));
    await writeFile(at('7.root.json'), text.replace('"version":1', '"version":7'));
    await done(...propose());
    const sign = ['root', 'sign', file(), '--key', at('root.pem'), '--yes', '--against'];
    await refused('other-draft', [...sign, at('other.root.json')]);
    await refused('arguments-invalid', [...sign, at('7.root.json')]);
    await writeFile(at('empty.json'), '{}');
    await refused('source-missing', [...sign, at('empty.json')]);
    await refused('source-missing', [...sign, at('none.json')]);
    await done(...sign, at('1.root.json'));
  });

  it('is not signed where it was changed, has expired, or nobody agreed', async () => {
    await done(...propose());
    const sign = (path: string) => ['root', 'sign', path, '--key', at('root.pem')];
    await refused('not-confirmed', sign(file()));
    await refused('proposal-expired', [...sign(file()), '--yes'], { now: START + 2 * YEAR_MS });
    await refused('proposal-expired', submit(), { now: START + 2 * YEAR_MS });
    const text = await readFile(file(), 'utf8');
    await writeFile(at('torn.json'), text.slice(0, 500));
    await refused('proposal-malformed', [...sign(at('torn.json')), '--yes']);
    await writeFile(at('bent.json'), text.replaceAll('2031-', '2032-'));
    await refused('proposal-malformed', [...sign(at('bent.json')), '--yes']);
    await refused('key-not-in-role', ['root', 'sign', file(), '--key', at('bob.pem'), '--yes']);
  });

  it.each([
    ['a threshold above the number of keys', ['--threshold', 'root=2'], 'arguments-invalid'],
    ['a threshold of 0', ['--threshold', 'root=0'], 'arguments-invalid'],
    ['a role whose keys stand elsewhere', ['--add', 'hashBins=alice.pem.pub'], 'arguments-invalid'],
    ['a keyid that the role does not have', ['--remove', 'root=00000000'], 'arguments-invalid'],
    ['the last key revoked', ['--revoke', `root=${testKey('root').keyid.slice(0, 10)}`], 'proposal-refused'],
  ])('is not proposed with %s', async (_what, options, code) => {
    await refused(code, propose(...options.map(arg => arg.replace('alice.pem.pub', at('alice.pem.pub')))));
  });

  it('warns of a key in two roles', async () => {
    const { stderr } = await done(...propose('--add', `timestamp=${at('root.pem')}`));
    expect(stderr).toContain(`${testKey('root').keyid} of timestamp is a key of root too`);
  });

  it('is submitted to its own ledger', async () => {
    await done(...propose());
    await signBy('root');
    const other = new TestLedger({ crypto: nativeCrypto, count: 4 }).open();
    await refused('other-draft', ['root', 'submit', file(), '--server', await serveLedger(other)]);
  });
});
