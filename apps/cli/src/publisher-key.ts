// The public part of a publisher's key, from a file: PEM, a SubjectPublicKeyInfo (RFC 8410) or a private key (PKCS#8).

import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { loadKeyFile, SigningError, type SigningKey } from '#signing';
import { type Key, parseKey, TufError } from '#tuf';
import { CliError } from './errors.js';

/** The Ed25519 key of a file. A private one is read, and only its public part given. @throws CliError `key-unusable`. */
export async function readPublisherKey(file: string): Promise<Key> {
  const text = await readFile(file, 'latin1').catch((error: NodeJS.ErrnoException) => {
    throw unusable(`${file} can't be read (${error.code}).`);
  });
  return text.includes('PRIVATE KEY-----') ? (await readPrivateKey(file)).key : publicKeyOf(text, file);
}

/** The Ed25519 key of a file, to sign with. @throws CliError `key-unusable`. */
export async function readPrivateKey(file: string): Promise<SigningKey> {
  try {
    return await loadKeyFile(file);
  } catch (error) {
    if (error instanceof SigningError) throw unusable(`${error.message}.`, error);
    throw error;
  }
}

function publicKeyOf(text: string, file: string): Key {
  const key = parsedPem(text, file);
  if (key.asymmetricKeyType !== 'ed25519')
    throw unusable(`${file} holds a key of type ${key.asymmetricKeyType}.`);
  const { x } = key.export({ format: 'jwk' });
  const hex = Buffer.from(x!, 'base64url').toString('hex');
  try {
    return parseKey({ keytype: 'ed25519', scheme: 'ed25519', keyval: { public: hex } });
  } catch (error) {
    if (error instanceof TufError) throw unusable(`${file}: ${error.message}.`, error);
    throw error;
  }
}

function parsedPem(text: string, file: string): KeyObject {
  try {
    return createPublicKey(text);
  } catch (error) {
    throw unusable(`${file} is no PEM of a key.`, error);
  }
}

function unusable(detail: string, cause?: unknown): CliError {
  return new CliError(
    'key-unusable',
    detail,
    'Give an Ed25519 key in PEM: a public one, such as `openssl pkey -pubout` writes, or a private one without a passphrase.',
    { cause },
  );
}
