// RSASSA-PSS edges. The encoded message is built by hand (RFC 8017, 9.1.1), so that each of its parts can be wrong. The
// primes are found from hashes: the keys are test keys, in no other use, and come out the same on each run.

import { createHash } from 'node:crypto';
import { der, pem } from './encoding.mjs';

const MESSAGE = Buffer.from('what is signed');
const SALT = Buffer.alloc(32, 'salt');
const RSA_ENCRYPTION = der(0x30, Buffer.from('06092a864886f70d0101010500', 'hex'));
const RSASSA_PSS = der(0x30, Buffer.from('06092a864886f70d01010a', 'hex'));

/** The first numbered salt whose signature has a leading zero byte; found by search. */
const SHORT_SALT = 97;

export function rsaEdges() {
  const key = makeKey('rsa edges', 1024, 1024, 65537n);
  return [...ordinary(key), ...encodedMessages(key), ...lengths(key), ...otherKeys(key)];
}

function ordinary(key) {
  const signature = sign(key, encodeMessage(key));
  return [
    edge(key, 'valid', true, signature),
    { ...edge(key, 'another message', false, signature), message: Buffer.from('what is not signed') },
    edge(key, 'bit flipped', false, flipLast(signature)),
    edge(key, 'PKCS #1 v1.5 padding', false, sign(key, pkcs1(key))),
  ];
}

function encodedMessages(key) {
  const emBytes = Math.ceil((bits(key.n) - 1) / 8);
  const longest = emBytes - 32 - 2;
  const signed = options => sign(key, encodeMessage(key, options));
  return [
    edge(key, 'salt of 0 bytes', false, signed({ salt: Buffer.alloc(0) })),
    edge(key, 'salt of 20 bytes', false, signed({ salt: Buffer.alloc(20, 'salt') })),
    edge(key, 'salt of 31 bytes', false, signed({ salt: Buffer.alloc(31, 'salt') })),
    edge(key, 'salt of 33 bytes', false, signed({ salt: Buffer.alloc(33, 'salt') })),
    edge(key, 'salt as long as fits', false, signed({ salt: Buffer.alloc(longest, 'salt') })),
    edge(key, 'trailer of X9.31', false, signed({ trailer: 0xcc })),
    edge(key, 'separator 2', false, signed({ separator: 2 })),
    edge(key, 'padding not zero', false, signed({ padding: 1 })),
    edge(key, 'top bit of the encoded message set', false, signed({ topBit: true })),
    edge(key, 'mask by SHA-1', false, signed({ maskHash: 'sha1' })),
    edge(key, 'SHA-512 throughout', false, signed({ hash: 'sha512', maskHash: 'sha512' })),
    edge(key, 'hash of the message itself', false, signed({ prefix: Buffer.alloc(0) })),
  ];
}

function lengths(key) {
  const numbered = attempt => sign(key, encodeMessage(key, { salt: Buffer.alloc(32, `salt ${attempt} `) }));
  const short = numbered(SHORT_SALT);
  if (short[0] !== 0) throw new Error(`SHORT_SALT: take ${search(attempt => numbered(attempt)[0] === 0)}`);
  const room = 2n ** BigInt(8 * short.length) - key.n;
  const small = numbered(search(attempt => integer(numbered(attempt)) < room));
  return [
    edge(key, 'valid, leading zero byte', true, short),
    edge(key, 'leading zero byte left out', false, short.subarray(1)),
    edge(key, 'valid, below 2^2048 - n', true, small),
    edge(key, 's + n', false, bytes(integer(small) + key.n, small.length)),
    edge(key, 'a zero byte too many', false, Buffer.concat([Buffer.alloc(1), small])),
    edge(key, 'a byte after it', false, Buffer.concat([small, Buffer.alloc(1)])),
    edge(key, 's = 0', false, Buffer.alloc(small.length)),
    edge(key, 's = 1', false, bytes(1n, small.length)),
    edge(key, 's = n - 1', false, bytes(key.n - 1n, small.length)),
    edge(key, 's = n', false, bytes(key.n, small.length)),
    edge(key, 'no bytes', false, Buffer.alloc(0)),
  ];
}

function otherKeys(key) {
  const odd = makeKey('rsa edges, 2049 bits', 1025, 1024, 3n);
  const weak = makeKey('rsa edges, 1024 bits', 512, 512, 65537n);
  const one = { ...key, e: 1n, d: 1n };
  const wide = withExponent(key, 2n ** 32n + 15n);
  const widest = withExponent(key, 2n ** 32n - 5n);
  const signature = sign(key, encodeMessage(key));
  const texts = {
    'key under its own algorithm identifier': spkiPem(key, RSASSA_PSS),
    'key as RSA PUBLIC KEY': pem('RSA PUBLIC KEY', rsaPublicKey(key)),
    'key without its last line end': spkiPem(key).trimEnd(),
    'key modulus with a needless zero': spkiPem(key, RSA_ENCRYPTION, Buffer.alloc(1)),
    'key modulus even': spkiPem({ ...key, n: key.n + 1n }),
  };
  return [
    edge(odd, 'valid, 2049 bits and exponent 3', true, sign(odd, encodeMessage(odd))),
    edge(widest, 'valid, exponent 2^32 - 5', true, sign(widest, encodeMessage(widest))),
    edge(wide, 'exponent 2^32 + 15', false, sign(wide, encodeMessage(wide))),
    edge(one, 'exponent 1', false, sign(one, encodeMessage(one))),
    edge(weak, '1024 bits', false, sign(weak, encodeMessage(weak))),
    ...Object.entries(texts).map(([name, text]) => ({
      ...edge(key, name, false, signature),
      key: tufKey(text),
    })),
  ];
}

/** EMSA-PSS-ENCODE with every part open to change. */
function encodeMessage(key, options = {}) {
  const { salt = SALT, trailer = 0xbc, separator = 1, padding = 0, topBit = false } = options;
  const { hash = 'sha256', maskHash = 'sha256', prefix = Buffer.alloc(8) } = options;
  const emBits = bits(key.n) - 1;
  const emBytes = Math.ceil(emBits / 8);
  const h = digest(hash, prefix, digest(hash, MESSAGE), salt);
  const filler = Buffer.alloc(emBytes - h.length - salt.length - 2);
  if (filler.length > 0) filler[filler.length - 1] = padding;
  const db = Buffer.concat([filler, Buffer.of(separator), salt]);
  const mask = mgf1(maskHash, h, db.length);
  const masked = Buffer.from(db.map((byte, i) => byte ^ mask[i]));
  const spare = 8 * emBytes - emBits;
  masked[0] &= 0xff >> spare;
  if (topBit) masked[0] |= 0x80;
  return integer(Buffer.concat([masked, h, Buffer.of(trailer)]));
}

function pkcs1(key) {
  const info = Buffer.concat([
    Buffer.from('3031300d060960864801650304020105000420', 'hex'),
    digest('sha256', MESSAGE),
  ]);
  const filler = Buffer.alloc(bits(key.n) / 8 - info.length - 3, 0xff);
  return integer(Buffer.concat([Buffer.of(0, 1), filler, Buffer.of(0), info]));
}

function mgf1(hash, seed, length) {
  const blocks = [];
  for (let counter = 0; Buffer.concat(blocks).length < length; counter++)
    blocks.push(digest(hash, seed, Buffer.of(0, 0, 0, counter)));
  return Buffer.concat(blocks).subarray(0, length);
}

/** RSASP1, 5.2.1. */
function sign(key, encoded) {
  if (encoded >= key.n)
    throw new Error('the encoded message is not below the modulus: take another seed for the key');
  return bytes(modPow(encoded, key.d, key.n), Math.ceil(bits(key.n) / 8));
}

function makeKey(name, pBits, qBits, e) {
  for (let attempt = 0; ; attempt++) {
    const p = prime(`${name} p ${attempt}`, pBits);
    const q = prime(`${name} q ${attempt}`, qBits);
    if ((p - 1n) % e !== 0n && (q - 1n) % e !== 0n)
      return withExponent({ n: p * q, phi: (p - 1n) * (q - 1n) }, e);
  }
}

function withExponent({ n, phi }, e) {
  return { n, phi, e, d: inverse(e, phi) };
}

/** The first prime above a hash, its two top bits set. */
function prime(name, width) {
  const seed = createHash('shake256', { outputLength: Math.ceil(width / 8) })
    .update(name)
    .digest();
  const top = 3n << BigInt(width - 2);
  let candidate = (integer(seed) % 2n ** BigInt(width)) | top | 1n;
  while (!isLikelyPrime(candidate)) candidate += 2n;
  return candidate;
}

/** Fermat's test to the base 2 after trial division. A composite would show at once: its key's signatures fail. */
function isLikelyPrime(candidate) {
  for (let divisor = 3n; divisor < 1000n; divisor += 2n) if (candidate % divisor === 0n) return false;
  return modPow(2n, candidate - 1n, candidate) === 1n;
}

function inverse(value, modulus) {
  let [a, b, x, y] = [value, modulus, 1n, 0n];
  while (a > 1n) {
    const quotient = a / b;
    [a, b] = [b, a % b];
    [x, y] = [y, x - quotient * y];
  }
  return ((x % modulus) + modulus) % modulus;
}

function modPow(base, exponent, modulus) {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * base) % modulus;
  }
  return result;
}

function search(found) {
  let attempt = 0;
  while (!found(attempt)) attempt++;
  return attempt;
}

function digest(hash, ...parts) {
  return createHash(hash).update(Buffer.concat(parts)).digest();
}

function bits(value) {
  return value.toString(2).length;
}

function integer(data) {
  return BigInt(`0x${data.toString('hex')}`);
}

function bytes(value, length) {
  return Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');
}

function flipLast(signature) {
  const copy = Buffer.from(signature);
  copy[copy.length - 1] ^= 1;
  return copy;
}

function rsaPublicKey({ n, e }, modulusPrefix = Buffer.alloc(0)) {
  return der(0x30, der(2, modulusPrefix, unsigned(n)), der(2, unsigned(e)));
}

function unsigned(value) {
  const digits = value.toString(16);
  const data = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return data[0] < 0x80 ? data : Buffer.concat([Buffer.alloc(1), data]);
}

function spkiPem(key, algorithm = RSA_ENCRYPTION, modulusPrefix = Buffer.alloc(0)) {
  return pem('PUBLIC KEY', der(0x30, algorithm, der(3, Buffer.alloc(1), rsaPublicKey(key, modulusPrefix))));
}

function tufKey(text) {
  return { keytype: 'rsa', scheme: 'rsassa-pss-sha256', keyval: { public: text } };
}

function edge(key, name, valid, signature) {
  return { name: `rsa: ${name}`, valid, key: tufKey(spkiPem(key)), message: MESSAGE, signature };
}
