import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '#tuf';
import { createKeyFile, KEY_KINDS, type KeyKind, loadKeyFile, type SigningErrorCode } from '../src/index.js';
import { signingKeyContract } from './signing-key.contract.js';

const passphrase = 'correct horse \u00e9';
let folder: string;
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-file-'));
});

afterAll(() => rm(folder, { recursive: true }));

function newPath(): string {
  return join(folder, `key-${files++}.pem`);
}

async function createdThenLoaded(options: { passphrase?: string; kind?: KeyKind }) {
  const path = newPath();
  await createKeyFile(path, options);
  const { kind: _kind, ...rest } = options;
  return loadKeyFile(path, rest);
}

/** A file with this text and mode; gives its path. */
async function fileOf(text: string, mode = 0o600): Promise<string> {
  const path = newPath();
  await writeFile(path, text, { mode });
  await chmod(path, mode);
  return path;
}

function pem(type: 'ed25519' | 'ed448'): string {
  // @ts-expect-error: the overloads know one type at a time
  return generateKeyPairSync(type).privateKey.export({ format: 'pem', type: 'pkcs8' });
}

async function expectCode(pending: Promise<unknown>, code: SigningErrorCode): Promise<void> {
  await expect(pending).rejects.toMatchObject({ name: 'SigningError', code });
}

signingKeyContract('key file', () => createdThenLoaded({}));
for (const kind of KEY_KINDS)
  signingKeyContract(`encrypted key file, ${kind}`, () => createdThenLoaded({ passphrase, kind }));

describe('createKeyFile', () => {
  it.each([{}, { passphrase }])(
    'gives the key that loading gives, mode 0600, nothing beside it: %j',
    async options => {
      const path = newPath();
      const created = await createKeyFile(path, options);
      expect((await loadKeyFile(path, options)).key).toEqual(created.key);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect((await readdir(folder)).filter(name => name.endsWith('.new'))).toEqual([]);
    },
  );

  it('never overwrites, not even for the second of two at once', async () => {
    const path = newPath();
    const attempts = await Promise.allSettled([createKeyFile(path), createKeyFile(path)]);
    expect(attempts.map(attempt => attempt.status).sort()).toEqual(['fulfilled', 'rejected']);
    const kept = await readFile(path);
    await expectCode(createKeyFile(path), 'key-file-exists');
    expect(await readFile(path)).toEqual(kept);
    expect((await readdir(folder)).filter(name => name.endsWith('.new'))).toEqual([]);
  });

  it('refuses an empty passphrase and a missing folder', async () => {
    await expectCode(createKeyFile(newPath(), { passphrase: '' }), 'passphrase-needed');
    await expectCode(createKeyFile(join(folder, 'missing', 'key.pem')), 'key-file-io');
  });

  it('encrypts with another salt each time', async () => {
    const [one, two] = [newPath(), newPath()];
    await createKeyFile(one, { passphrase });
    await createKeyFile(two, { passphrase });
    expect((await readFile(one, 'utf8')).split('\n')[1]).not.toBe(
      (await readFile(two, 'utf8')).split('\n')[1],
    );
  });
});

describe('loadKeyFile', () => {
  it('reads what openssl writes, encrypted and plain, through a link', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const expected = toHex(Buffer.from(privateKey.export({ format: 'jwk' }).x!, 'base64url'));
    const plain = await fileOf(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
    const options = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase } as const;
    const encrypted = await fileOf(privateKey.export(options).toString().replaceAll('\n', '\r\n'));
    const linked = newPath();
    await symlink(plain, linked);
    expect((await loadKeyFile(linked)).key.keyval.public).toBe(expected);
    expect((await loadKeyFile(encrypted, { passphrase })).key.keyval.public).toBe(expected);
  });

  it('says what is missing or wrong', async () => {
    const encrypted = newPath();
    await createKeyFile(encrypted, { passphrase });
    await expectCode(loadKeyFile(newPath()), 'key-file-missing');
    await expectCode(loadKeyFile(folder), 'key-file-io');
    await expectCode(loadKeyFile(encrypted), 'passphrase-needed');
    await expectCode(loadKeyFile(encrypted, { passphrase: '' }), 'passphrase-needed');
    await expectCode(loadKeyFile(encrypted, { passphrase: 'wrong' }), 'passphrase-wrong');
    await expectCode(loadKeyFile(await fileOf(pem('ed25519')), { passphrase }), 'key-file-not-encrypted');
    await expectCode(loadKeyFile(await fileOf(pem('ed448'))), 'key-file-unsupported');
  });

  it.each([
    ['an empty file', () => ''],
    ['other text', () => 'key'],
    ['half a file', (text: string) => text.slice(0, 80)],
    ['a lost line', (text: string) => text.replace(/\n.*\n/, '\n')],
    ['a lost digit', (text: string) => text.replace('MC4', 'M4')],
    ['another inside', (text: string) => text.replace('MC4CAQ', 'MC4CBQ')],
    ['a large file', (text: string) => text + ' '.repeat(20_000)],
  ])('calls %s corrupt', async (_, damage) => {
    await expectCode(loadKeyFile(await fileOf(damage(pem('ed25519')))), 'key-file-corrupt');
  });

  it('calls half an encrypted file corrupt, not its passphrase wrong', async () => {
    const path = newPath();
    await createKeyFile(path, { passphrase });
    const lines = (await readFile(path, 'utf8')).split('\n');
    await expectCode(
      loadKeyFile(await fileOf(lines.toSpliced(2, 1).join('\n')), { passphrase }),
      'key-file-corrupt',
    );
  });

  it.each([0o604, 0o602, 0o620, 0o666])('refuses mode %o and says what to do', async mode => {
    const path = await fileOf(pem('ed25519'), mode);
    await expectCode(loadKeyFile(path), 'key-file-permissions');
    await expect(loadKeyFile(path)).rejects.toThrow(`chmod 600 ${path}`);
  });

  it.each([0o400, 0o600, 0o640])('takes mode %o', async mode => {
    expect((await loadKeyFile(await fileOf(pem('ed25519'), mode))).keyid).toHaveLength(64);
  });
});

describe.skipIf(!hasOpenssl())('the openssl program', () => {
  it('reads an encrypted key file', async () => {
    const path = newPath();
    const { key } = await createKeyFile(path, { passphrase });
    const arguments_ = ['pkey', '-in', path, '-passin', `pass:${passphrase}`, '-pubout', '-outform', 'DER'];
    expect(toHex(execFileSync('openssl', arguments_).subarray(-32))).toBe(key.keyval.public);
  });
});

function hasOpenssl(): boolean {
  try {
    return execFileSync('openssl', ['version'], { encoding: 'utf8' }).startsWith('OpenSSL 3');
  } catch {
    return false;
  }
}
