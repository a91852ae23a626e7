import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { nativeCrypto } from '#signing';
import { testKey, testKeyPem } from '../../../test/fixtures/keys.js';
import { TestLedger, upload } from '../../../test/fixtures/test-ledger.js';
import { serveLedger } from './ledger-gateway.js';
import { type CliRun, runCli } from './run-cli.js';

const MINE = testKey('mine');

let ledger: TestLedger;
let url: string;
let data: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'tuf-ledger-cli-'));
  onTestFinished(() => rm(data, { recursive: true }));
  await mkdir(join(data, 'keys'));
  await keyFile('keys/administrator.pem', testKeyPem('administrator'));
  await open(new TestLedger({ crypto: nativeCrypto }));
});

async function open(opened: TestLedger, options?: { late: boolean }): Promise<void> {
  ledger = opened.open();
  url = await serveLedger(ledger, options);
  await writeFile(join(data, 'ledger.json'), JSON.stringify({ ledger: ledger.ledger }));
}

async function keyFile(name: string, pem: string): Promise<string> {
  await writeFile(join(data, name), pem, { mode: 0o600 });
  return join(data, name);
}

const publicPem = (name: string) =>
  createPublicKey(testKeyPem(name)).export({ format: 'pem', type: 'spki' }) as string;

function tell(...args: readonly string[]): Promise<CliRun> {
  return runCli([...args, '--server', url, '--data', data]);
}

const permissions = () => ledger.replay.state.reader.authority!.publishers.get(MINE.keyid)?.permissions;

describe('enroll', () => {
  it('enrols a public key, which may then append what it is permitted', async () => {
    const key = await keyFile('mine.pub', publicPem('mine'));
    const { exitCode, stdout } = await tell('enroll', key, '--index', 'demo', '--index', 'demo-*');
    expect(stdout).toBe(`${MINE.keyid}\npublisher.enrolled (position 2): applied\n`);
    expect(exitCode).toBe(0);
    expect(permissions()).toEqual({ index: ['demo', 'demo-*'] });
    const writer = { key: MINE, stream: 'main' };
    expect(ledger.append(ledger.record(writer, [upload('demo', 'demo-1.0.tar.gz')]))).toBeDefined();
  });

  it('takes the public part of a private key, all permissions, and goes on in the sequence', async () => {
    const key = await keyFile('mine.pem', testKeyPem('mine'));
    const json = async (...args: string[]) =>
      JSON.parse((await tell('enroll', key, '--json', ...args)).stdout);
    const all = ['--index', '*', '--cut', '--delegate'];
    expect(await json('--cut')).toEqual({ keyid: MINE.keyid, position: 2, result: 'applied' });
    expect(await json(...all)).toEqual({ keyid: MINE.keyid, position: 3, result: 'applied' });
    expect(await json(...all)).toEqual({ keyid: MINE.keyid, position: 4, result: 'unchanged' });
    expect(permissions()).toEqual({ index: ['*'], delegate: true, cut: true });
  });

  it("signs by the threshold of the administrators' keys, no more and no less", async () => {
    const names = ['administrator', 'second', 'third'];
    const keys = await Promise.all(names.map(name => keyFile(`${name}.pem`, testKeyPem(name))));
    await open(new TestLedger({ administrators: { keys: names.map(testKey), threshold: 2 } }));
    const key = await keyFile('mine.pub', publicPem('mine'));
    const by = (...files: string[]) =>
      tell('enroll', key, '--cut', ...files.flatMap(file => ['--administrator-key', file]));
    for (const wrong of [[], [keys[0]!, keys[0]!], keys]) {
      const { exitCode, stderr } = await by(...wrong);
      expect(stderr).toContain('threshold is 2');
      expect(exitCode).toBe(4);
    }
    expect((await by(keys[2]!, keys[1]!)).exitCode).toBe(0);
    expect(permissions()).toEqual({ cut: true });
  });

  it('says so where it is not known in time what became of it', async () => {
    await open(new TestLedger(), { late: true });
    const key = await keyFile('mine.pub', publicPem('mine'));
    const { exitCode, stdout } = await tell('enroll', key, '--cut');
    expect(stdout).toContain('(position 2): not decided yet');
    expect(exitCode).toBe(6);
  });

  it.each([
    ['no key', 'hello', 'is no PEM of a key'],
    [
      'another kind of key',
      generateKeyPairSync('ed448').publicKey.export({ format: 'pem', type: 'spki' }),
      'holds a key of another kind',
    ],
    ['half a private key', testKeyPem('mine').slice(0, 60), 'is no PEM of a key'],
  ])('refuses a file that holds %s', async (_, pem, words) => {
    const { exitCode, stderr } = await tell('enroll', await keyFile('wrong', pem as string), '--cut');
    expect(stderr).toContain(words);
    expect(exitCode).toBe(5);
  });

  it('refuses what no ledger would take, and appends nothing', async () => {
    const key = await keyFile('mine.pub', publicPem('mine'));
    const before = ledger.values.length;
    expect(await tell('enroll', key)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('needs a permission'),
    });
    expect(await tell('enroll', key, '--index', 'Demo')).toMatchObject({ exitCode: 2 });
    expect(await tell('enroll', join(data, 'nowhere'), '--cut')).toMatchObject({ exitCode: 5 });
    const stranger = ['--administrator-key', await keyFile('mine.pem', testKeyPem('mine'))];
    expect(await tell('enroll', key, '--cut', ...stranger)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("is none of this ledger's administrators'"),
    });
    await writeFile(join(data, 'ledger.json'), JSON.stringify({ ledger: '0'.repeat(64) }));
    expect(await tell('enroll', key, '--cut')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('does not open the ledger 0000'),
    });
    expect(ledger.values).toHaveLength(before);
  });
});

describe('revoke', () => {
  it('revokes a key once', async () => {
    const key = await keyFile('mine.pub', publicPem('mine'));
    await tell('enroll', key, '--index', '*');
    const revoke = () => tell('revoke', MINE.keyid);
    expect((await revoke()).stdout).toBe(`${MINE.keyid}\npublisher.revoked (position 3): applied\n`);
    expect((await revoke()).stdout).toContain('(position 4): unchanged');
    expect(permissions()).toBeUndefined();
  });

  it('tells of a key that nobody enrolled', async () => {
    const { exitCode, stdout } = await tell('revoke', MINE.keyid);
    expect(stdout).toContain('rejected: publisher-unknown: no publisher has the keyid');
    expect(exitCode).toBe(1);
    expect(await tell('revoke', 'mine')).toMatchObject({ exitCode: 2 });
  });
});
