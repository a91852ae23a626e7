// ECDSA P-256 edges: encodings of r and s that lax DER readers take, values out of range, keys in other forms.

import { createHash } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { der, pem } from './encoding.mjs';

const { n: N, p: P } = p256.Point.CURVE();
const SECRET = digest('ecdsa edges secret') % N;
const MESSAGE = Buffer.from('what is signed');
const P256_ALGORITHM = der(0x30, Buffer.from('06072a8648ce3d020106082a8648ce3d030107', 'hex'));
const P384_ALGORITHM = der(0x30, Buffer.from('06072a8648ce3d020106052b81040022', 'hex'));

export function ecdsaEdges() {
  return [...ordinary(), ...encodings(), ...values(), ...keys()];
}

function ordinary() {
  const { r, s } = sign(MESSAGE);
  const signature = derPair(r, s);
  return [
    edge('valid, low s', true, signature),
    edge('valid, high s', true, derPair(r, N - s)),
    {
      ...edge('valid, key type named as the scheme', true, signature),
      key: key(publicPem(), 'ecdsa-sha2-nistp256'),
    },
    { ...edge('another message', false, signature), message: Buffer.from('what is not signed') },
    edge('bit flipped in s', false, derPair(r, s ^ 1n)),
  ];
}

function encodings() {
  const { r, s } = sign(MESSAGE);
  const [R, S] = [magnitude(r), magnitude(s)];
  const integers = [der(2, R), der(2, S)];
  const body = Buffer.concat(integers);
  const good = derPair(r, s);
  const zero = Buffer.alloc(1);
  const high = signWith(value => magnitude(value.r).length > 32);
  return [
    edge('r with a needless zero', false, der(0x30, der(2, zero, R), der(2, S))),
    edge('s with a needless zero', false, der(0x30, der(2, R), der(2, zero, S))),
    {
      ...edge(
        'r negative for want of its zero',
        false,
        der(0x30, der(2, magnitude(high.r).subarray(1)), der(2, magnitude(high.s))),
      ),
      message: high.message,
    },
    edge('r of no bytes', false, der(0x30, der(2), der(2, S))),
    edge('a byte after the sequence', false, Buffer.concat([good, zero])),
    edge('a byte after the integers', false, der(0x30, body, zero)),
    edge('a third integer', false, der(0x30, body, der(2, Buffer.of(1)))),
    edge('one integer', false, der(0x30, integers[0])),
    edge('length in long form', false, Buffer.concat([Buffer.of(0x30, 0x81, body.length), body])),
    edge('length with a leading zero', false, Buffer.concat([Buffer.of(0x30, 0x82, 0, body.length), body])),
    edge('indefinite length', false, Buffer.concat([Buffer.of(0x30, 0x80), body, Buffer.alloc(2)])),
    edge('length one too long', false, Buffer.concat([Buffer.of(0x30, body.length + 1), body])),
    edge('a set, not a sequence', false, der(0x31, body)),
    edge('truncated', false, good.subarray(0, -1)),
    edge('no bytes', false, Buffer.alloc(0)),
    edge('r and s at fixed width, no DER', false, Buffer.concat([fixed(r), fixed(s)])),
  ];
}

function values() {
  const { r, s } = sign(MESSAGE);
  const inverse = modPow(SECRET, N - 2n, N);
  const infinity = ((N - (digest(MESSAGE) % N)) * inverse) % N;
  return [
    edge('r = 0', false, derPair(0n, s)),
    edge('s = 0', false, derPair(r, 0n)),
    edge('r = s = 0', false, derPair(0n, 0n)),
    edge('r = n', false, derPair(N, s)),
    edge('s = n', false, derPair(r, N)),
    edge('r + n', false, derPair(r + N, s)),
    edge('s + n', false, derPair(r, s + N)),
    edge('r = p, s = 1', false, derPair(P, 1n)),
    edge('r = s = n - 1', false, derPair(N - 1n, N - 1n)),
    edge('r and s that lead to the point at infinity', false, derPair(infinity, 1n)),
  ];
}

function keys() {
  const { r, s } = sign(MESSAGE);
  const signature = derPair(r, s);
  const point = Buffer.from(p256.Point.BASE.multiply(SECRET).toBytes(false));
  const compressed = Buffer.from(p256.Point.BASE.multiply(SECRET).toBytes(true));
  const offCurve = Buffer.from(point);
  offCurve[64] ^= 1;
  const texts = {
    'key compressed': spkiPem(compressed),
    'key off the curve': spkiPem(offCurve),
    'key is the point at infinity': spkiPem(Buffer.of(0)),
    'key in hybrid form': spkiPem(Buffer.concat([Buffer.of(6 + (point[64] & 1)), point.subarray(1)])),
    'key named as P-384': pem('PUBLIC KEY', der(0x30, P384_ALGORITHM, der(3, Buffer.of(0), point))),
    'key bit string with unused bits': pem(
      'PUBLIC KEY',
      der(0x30, P256_ALGORITHM, der(3, Buffer.of(1), point)),
    ),
    'key with CRLF line ends': publicPem().replaceAll('\n', '\r\n'),
    'key without its last line end': publicPem().trimEnd(),
    'key with text before it': `# P-256\n${publicPem()}`,
    'key in lines of 76 digits': publicPem().replace(/(\S{64})\n(\S{12})/, '$1$2\n'),
    'key under another label': publicPem().replaceAll('PUBLIC KEY', 'EC PUBLIC KEY'),
  };
  return Object.entries(texts).map(([name, text]) => ({
    ...edge(name, false, signature),
    key: key(text, 'ecdsa'),
  }));
}

/** The first of some numbered messages whose signature is as `wanted` says. */
function signWith(wanted) {
  for (let attempt = 0; ; attempt++) {
    const message = Buffer.from(`signed message ${attempt}`);
    const pair = sign(message);
    if (wanted(pair)) return { ...pair, message };
  }
}

/** Low s; the nonce is RFC 6979's, so it repeats. */
function sign(message) {
  const compact = p256.sign(message, fixed(SECRET), { lowS: true, prehash: true, format: 'compact' });
  const half = at => BigInt(`0x${Buffer.from(compact.subarray(at, at + 32)).toString('hex')}`);
  return { r: half(0), s: half(32) };
}

function derPair(r, s) {
  return der(0x30, der(2, magnitude(r)), der(2, magnitude(s)));
}

/** Content of a non-negative DER INTEGER. */
function magnitude(value) {
  const digits = value.toString(16);
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return bytes[0] < 0x80 ? bytes : Buffer.concat([Buffer.alloc(1), bytes]);
}

function fixed(value) {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}

function digest(data) {
  return BigInt(`0x${createHash('sha256').update(data).digest('hex')}`);
}

function modPow(base, exponent, modulus) {
  let result = 1n;
  for (const bit of exponent.toString(2)) result = (result * result * (bit === '1' ? base : 1n)) % modulus;
  return result;
}

function publicPem() {
  return spkiPem(Buffer.from(p256.Point.BASE.multiply(SECRET).toBytes(false)));
}

function spkiPem(point) {
  return pem('PUBLIC KEY', der(0x30, P256_ALGORITHM, der(3, Buffer.alloc(1), point)));
}

function key(text, keytype) {
  return { keytype, scheme: 'ecdsa-sha2-nistp256', keyval: { public: text } };
}

function edge(name, valid, signature) {
  return { name: `ecdsa: ${name}`, valid, key: key(publicPem(), 'ecdsa'), message: MESSAGE, signature };
}
