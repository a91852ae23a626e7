// The public part of a key, from a file: PEM, a SubjectPublicKeyInfo (RFC 5280) or a private key (PKCS#8) of which only the public
// part is taken. An encrypted private key does not show it: give the file that was made beside it.

import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Key, TufError } from '#tuf';
import { SigningError } from './errors.js';
import { tufKeyOf } from './native-key.js';

/** Rejects with `key-file-missing`, `key-file-io`, `key-file-corrupt`, `key-file-unsupported` or `passphrase-needed`. */
export async function loadPublicKeyFile(path: string): Promise<Key> {
  const text = await readText(path);
  if (text.includes('ENCRYPTED PRIVATE KEY-----'))
    throw new SigningError(
      'passphrase-needed',
      `${path} is an encrypted private key: give the file of its public part`,
    );
  const key = tufKey(path, parsed(path, text));
  if (key) return key;
  throw new SigningError(
    'key-file-unsupported',
    `${path} holds a key of another kind: ed25519, P-256 and RSA keys can be used`,
  );
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new SigningError('key-file-missing', `${path} does not exist: correct the path`);
    throw new SigningError('key-file-io', `${path} can't be read: ${message}`, { cause });
  }
}

function parsed(path: string, text: string): KeyObject {
  try {
    return createPublicKey(text);
  } catch (cause) {
    throw new SigningError('key-file-corrupt', `${path} is no PEM of a key: give another file`, { cause });
  }
}

function tufKey(path: string, key: KeyObject): Key | undefined {
  try {
    return tufKeyOf(key);
  } catch (cause) {
    if (!(cause instanceof TufError)) throw cause;
    throw new SigningError('key-file-unsupported', `${path}: ${cause.message}`, { cause });
  }
}
