// A private key under a passphrase: PEM `ENCRYPTED PRIVATE KEY`, PKCS#8 (RFC 5958, section 3) with PBES2 (RFC 8018,
// 6.2): key by scrypt (RFC 7914, section 7), AES-256-CBC. `openssl pkey -in FILE` reads it.
//
// It is written here since the runtime's own export stretches the passphrase with PBKDF2 of 2,048 rounds, which is next
// to nothing for a key that may lie in a drawer for years.

import { createCipheriv, type KeyObject, randomBytes, scryptSync } from 'node:crypto';

/** A guess costs 16 MB and 0.3 s or more. OpenSSL refuses to decode above 32 MB. */
const SCRYPT = { N: 16_384, r: 8, p: 5 };
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const IV_BYTES = 16;
const LINE_DIGITS = 64;

const PBES2 = Buffer.from('06092a864886f70d01050d', 'hex');
const ID_SCRYPT = Buffer.from('06092b06010401da47040b', 'hex');
const AES_256_CBC = Buffer.from('060960864801650304012a', 'hex');

const INTEGER = 0x02;
const OCTET_STRING = 0x04;
const SEQUENCE = 0x30;

/** PEM of `privateKey`, readable with `passphrase` only. Salt and IV are new each time. */
export function encryptedPem(privateKey: KeyObject, passphrase: string): string {
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-cbc', scryptSync(passphrase, salt, KEY_BYTES, SCRYPT), iv);
  const plain = privateKey.export({ format: 'der', type: 'pkcs8' });
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  const scrypt = [der(OCTET_STRING, salt), unsigned(SCRYPT.N), unsigned(SCRYPT.r), unsigned(SCRYPT.p)];
  const derivation = der(SEQUENCE, ID_SCRYPT, der(SEQUENCE, ...scrypt));
  const encryption = der(SEQUENCE, AES_256_CBC, der(OCTET_STRING, iv));
  const algorithm = der(SEQUENCE, PBES2, der(SEQUENCE, derivation, encryption));
  return pem(der(SEQUENCE, algorithm, der(OCTET_STRING, encrypted)));
}

/** One DER element of up to 65,535 bytes of content, which is more than an RSA key needs. */
function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...derLength(content.length)]), content]);
}

function derLength(bytes: number): number[] {
  if (bytes < 0x80) return [bytes];
  return bytes < 0x100 ? [0x81, bytes] : [0x82, bytes >> 8, bytes & 0xff];
}

function unsigned(value: number): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return bytes[0]! < 0x80 ? der(INTEGER, bytes) : der(INTEGER, Buffer.from([0]), bytes);
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').replace(new RegExp(`.{1,${LINE_DIGITS}}`, 'g'), line => `${line}\n`);
  return `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${lines}-----END ENCRYPTED PRIVATE KEY-----\n`;
}
