// A signing key in a file: an Ed25519, P-256 or RSA private key as PEM PKCS#8 (RFC 8410, 5915, 8017), label PRIVATE KEY, or
// ENCRYPTED PRIVATE KEY under a passphrase. `openssl genpkey` writes the same, and such files are read too.
//
// Promises: a file is created with mode 0600, whole and on the disk before the promise settles, and never over another.
// A file that others on the machine can read, or the group can change, is not used. Group-readable is fine: secrets are
// often mounted so.

import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { type FileHandle, link, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { encryptedPem } from './encrypted-pem.js';
import { SigningError } from './errors.js';
import { signingKeyOf } from './native-key.js';
import type { SigningKey } from './signer-key.js';

export interface KeyFileOptions {
  /** Encrypts the file, or decrypts it. */
  readonly passphrase?: string;
}

/** The kinds of keys that can be made; the first is what TUF clients verify fastest. */
export const KEY_KINDS = ['ed25519', 'ecdsa-p256', 'rsa-pss'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/** NIST SP 800-57: 128 bits of strength. */
const RSA_BITS = 3072;

const OWNER_ONLY = 0o600;

/** Write for the group, anything for others. */
const FORBIDDEN_MODE = 0o027;

/** An encrypted Ed25519 key takes some 300 bytes. */
const MAX_FILE_BYTES = 16_384;

const PEM = /^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+)-----END \1?PRIVATE KEY-----\s*$/;

/**
 * Makes a new key, an Ed25519 one unless another kind is asked for, and keeps it at `path`, whose folder must exist.
 * Rejects with `key-file-exists`, `passphrase-needed` (an empty one) or `key-file-io`.
 */
export async function createKeyFile(
  path: string,
  { passphrase, kind = 'ed25519' }: KeyFileOptions & { readonly kind?: KeyKind } = {},
): Promise<SigningKey> {
  if (passphrase === '')
    throw new SigningError('passphrase-needed', `${path}: the passphrase is empty; give one or leave it out`);
  const privateKey = generate(kind);
  const text =
    passphrase === undefined
      ? privateKey.export({ format: 'pem', type: 'pkcs8' })
      : encryptedPem(privateKey, passphrase);
  await writeNew(path, text.toString());
  return signingKeyOf(privateKey)!;
}

function generate(kind: KeyKind): KeyObject {
  switch (kind) {
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey;
    case 'ecdsa-p256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    case 'rsa-pss':
      return generateKeyPairSync('rsa', { modulusLength: RSA_BITS }).privateKey;
  }
}

/**
 * Loads the key at `path`. Rejects with `key-file-missing`, `key-file-permissions`, `key-file-corrupt`,
 * `key-file-unsupported` (another kind of key), `passphrase-needed`, `passphrase-wrong`, `key-file-not-encrypted` (a
 * passphrase was given, so whoever runs this believes otherwise) or `key-file-io`.
 */
export async function loadKeyFile(path: string, { passphrase }: KeyFileOptions = {}): Promise<SigningKey> {
  const text = await readPrivate(path);
  const [, encrypted, digits] = PEM.exec(text) ?? [];
  if (digits === undefined || !isWholeDer(Buffer.from(digits, 'base64'))) throw corrupt(path);
  if (encrypted && !passphrase)
    throw new SigningError('passphrase-needed', `${path} is encrypted: give its passphrase`);
  if (!encrypted && passphrase !== undefined)
    throw new SigningError(
      'key-file-not-encrypted',
      `${path} is not encrypted though a passphrase was given: encrypt it with "openssl pkcs8 -topk8 -scrypt"`,
    );
  const privateKey = decode(path, text, passphrase);
  const key = signingKeyOf(privateKey);
  if (key) return key;
  throw new SigningError(
    'key-file-unsupported',
    `${path} holds a key of type ${privateKey.asymmetricKeyType}: ed25519, P-256 and RSA keys can be used`,
  );
}

function decode(path: string, text: string, passphrase: string | undefined): KeyObject {
  if (passphrase === undefined) {
    try {
      return createPrivateKey(text);
    } catch (cause) {
      throw corrupt(path, cause);
    }
  }
  try {
    return createPrivateKey({ key: text, passphrase });
  } catch (cause) {
    // One wrong passphrase in 256 decrypts to a right padding, so no error of OpenSSL's tells it from damage.
    const message = `${path}: the passphrase is wrong, or the file was damaged; try again or restore a copy`;
    throw new SigningError('passphrase-wrong', message, { cause });
  }
}

/** Writes beside `path`, then links: the name appears with the whole content, or not at all if it is taken. */
async function writeNew(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}.new`;
  try {
    await writeDurably(draft, text);
    try {
      await link(draft, path);
    } finally {
      await unlink(draft);
    }
    await syncFolder(dirname(path));
  } catch (cause) {
    if (isSystemError(cause, 'EEXIST'))
      throw new SigningError(
        'key-file-exists',
        `${path} exists: a key is never overwritten; move it away first`,
      );
    throw new SigningError('key-file-io', `${path} can't be written: ${(cause as Error).message}`, { cause });
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  await using file = await open(path, 'wx', OWNER_ONLY);
  await file.writeFile(text);
  await file.sync();
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // a folder can't be opened there
  await using folder = await open(path, 'r');
  await folder.sync();
}

async function readPrivate(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    await checkFile(path, file);
    return await file.readFile('latin1');
  } catch (cause) {
    if (cause instanceof SigningError) throw cause;
    if (isSystemError(cause, 'ENOENT'))
      throw new SigningError(
        'key-file-missing',
        `${path} does not exist: create the key or correct the path`,
      );
    throw new SigningError('key-file-io', `${path} can't be read: ${(cause as Error).message}`, { cause });
  }
}

/** Looks at the open file, not at the name, so that it is the file that gets read. */
async function checkFile(path: string, file: FileHandle): Promise<void> {
  const { mode, size } = await file.stat();
  if (process.platform !== 'win32' && (mode & FORBIDDEN_MODE) !== 0)
    throw new SigningError(
      'key-file-permissions',
      `${path} has mode ${(mode & 0o777).toString(8)}: run "chmod 600 ${path}", and replace the key if others had access`,
    );
  if (size > MAX_FILE_BYTES) throw corrupt(path);
}

function isWholeDer(bytes: Buffer): boolean {
  if (bytes[0] !== 0x30 || bytes.length < 4) return false;
  if (bytes[1]! < 0x80) return bytes.length === 2 + bytes[1]!;
  return bytes[1] === 0x81 ? bytes.length === 3 + bytes[2]! : bytes.length === 4 + bytes.readUInt16BE(2);
}

function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}

function corrupt(path: string, cause?: unknown): SigningError {
  const message = `${path} is no whole PEM PKCS#8 private key: restore it from a copy`;
  return new SigningError('key-file-corrupt', message, cause === undefined ? undefined : { cause });
}
