// Ed25519 edges. Keys of small or mixed order are forged by search: the challenge k is a hash, and over a point of order
// n only k mod n matters, so about n messages suffice to hit the one that was guessed.

import { createHash } from 'node:crypto';
import { Point } from '@noble/ed25519';

const { n: L, p: P } = Point.CURVE();
const SECRET = scalar('secret');
const NONCE = scalar('nonce');
const MESSAGE = Buffer.from('what is signed');

export function ed25519Edges() {
  return [
    ...ordinary(),
    ...brokenSignatures(),
    ...unusualR(),
    ...smallOrderA(),
    ...mixedOrderA(),
    ...malformedA(),
  ];
}

function ordinary() {
  const A = encode(Point.BASE.multiply(SECRET));
  const good = sign(A, MESSAGE);
  return [
    edge('valid', true, A, MESSAGE, good),
    edge('valid, empty message', true, A, Buffer.alloc(0), sign(A, Buffer.alloc(0))),
    edge('another message', false, A, Buffer.from('what is not signed'), good),
    edge('another key', false, encode(Point.BASE.multiply(SECRET + 1n)), MESSAGE, good),
  ];
}

function brokenSignatures() {
  const A = encode(Point.BASE.multiply(SECRET));
  const good = sign(A, MESSAGE);
  const s = fromLittleEndian(good.subarray(32));
  const withS = value => Buffer.concat([good.subarray(0, 32), littleEndian(value)]);
  return [
    edge('S + L', false, A, MESSAGE, withS(s + L)),
    edge('S + 8L', false, A, MESSAGE, withS(s + 8n * L)),
    edge('S = L', false, A, MESSAGE, withS(L)),
    edge('S = 0', false, A, MESSAGE, withS(0n)),
    edge('S of all ones', false, A, MESSAGE, withS(2n ** 256n - 1n)),
    edge('bit flipped in R', false, A, MESSAGE, flip(good, 0)),
    edge('sign bit flipped in R', false, A, MESSAGE, flip(good, 255)),
    edge('bit flipped in S', false, A, MESSAGE, flip(good, 256)),
    edge('63 bytes', false, A, MESSAGE, good.subarray(0, 63)),
    edge('65 bytes', false, A, MESSAGE, Buffer.concat([good, Buffer.alloc(1)])),
    edge('no bytes', false, A, MESSAGE, Buffer.alloc(0)),
    edge('S before R', false, A, MESSAGE, Buffer.concat([good.subarray(32), good.subarray(0, 32)])),
  ];
}

/** A good key whose owner makes an R that only some verifiers take. */
function unusualR() {
  const A = encode(Point.BASE.multiply(SECRET));
  const withR = (r, nonce) =>
    Buffer.concat([r, littleEndian((nonce + challenge(r, A, MESSAGE) * SECRET) % L)]);
  const torsion = pointOfOrder8();
  return [
    edge('R is the identity', true, A, MESSAGE, withR(encode(Point.ZERO), 0n)),
    edge('R is the identity, y = p + 1', false, A, MESSAGE, withR(littleEndian(P + 1n), 0n)),
    edge('R is the identity, x = -0', false, A, MESSAGE, withR(littleEndian(1n + 2n ** 255n), 0n)),
    edge('R of order 2', false, A, MESSAGE, withR(encode(times(torsion, 4n)), 0n)),
    edge('R of order 4', false, A, MESSAGE, withR(encode(times(torsion, 2n)), 0n)),
    edge('R of order 8', false, A, MESSAGE, withR(encode(torsion), 0n)),
    edge(
      'R of mixed order',
      false,
      A,
      MESSAGE,
      withR(encode(Point.BASE.multiply(NONCE).add(torsion)), NONCE),
    ),
    edge('R is no point', false, A, MESSAGE, withR(notAPoint(), 0n)),
  ];
}

function smallOrderA() {
  const torsion = pointOfOrder8();
  const keys = [
    ['A is the identity', Point.ZERO, encode(Point.ZERO)],
    ['A is the identity, x = -0', Point.ZERO, littleEndian(1n + 2n ** 255n)],
    ['A is the identity, y = p + 1', Point.ZERO, littleEndian(P + 1n)],
    ['A of order 2', times(torsion, 4n), encode(times(torsion, 4n))],
    ['A of order 2, x = -0', times(torsion, 4n), littleEndian(P - 1n + 2n ** 255n)],
    ['A of order 4', times(torsion, 2n), encode(times(torsion, 2n))],
    ['A of order 4, y = p', Point.fromBytes(littleEndian(P), true), littleEndian(P)],
    ['A of order 8', torsion, encode(torsion)],
  ];
  return keys.map(([name, point, A]) => {
    const { message, signature } = forge(point, A, 0n);
    return edge(name, false, A, message, signature);
  });
}

function mixedOrderA() {
  const point = Point.BASE.multiply(SECRET).add(pointOfOrder8());
  const A = encode(point);
  const cofactorless = forge(point, A, SECRET);
  const r = encode(Point.BASE.multiply(NONCE));
  let attempt = 0;
  while (challenge(r, A, numbered(attempt)) % 8n === 0n) attempt++;
  const message = numbered(attempt);
  const cofactored = Buffer.concat([r, littleEndian((NONCE + challenge(r, A, message) * SECRET) % L)]);
  return [
    edge('A of mixed order, equation holds', false, A, cofactorless.message, cofactorless.signature),
    edge('A of mixed order, only the cofactored equation holds', false, A, message, cofactored),
  ];
}

function malformedA() {
  const A = encode(Point.BASE.multiply(SECRET));
  const good = sign(A, MESSAGE);
  return [
    edge('A is no point', false, notAPoint(), MESSAGE, good),
    { ...edge('A in upper-case hex', false, A, MESSAGE, good), key: key(hex(A).toUpperCase()) },
    { ...edge('A of 31 bytes', false, A, MESSAGE, good), key: key(hex(A).slice(2)) },
    { ...edge('A of another scheme', false, A, MESSAGE, good), key: { ...key(hex(A)), scheme: 'ed25519ph' } },
  ];
}

/** A message and signature with S*B - k*A = R byte for byte, for a point that is `secret * B` plus a torsion point. */
function forge(point, A, secret) {
  const torsion = point.subtract(times(Point.BASE, secret));
  for (let attempt = 0; ; attempt++) {
    const message = numbered(attempt);
    const r = encode(Point.BASE.multiply(NONCE));
    const k = challenge(r, A, message);
    if (times(torsion, k).is0()) {
      return { message, signature: Buffer.concat([r, littleEndian((NONCE + k * secret) % L)]) };
    }
  }
}

function sign(A, message) {
  const r = encode(Point.BASE.multiply(NONCE));
  return Buffer.concat([r, littleEndian((NONCE + challenge(r, A, message) * SECRET) % L)]);
}

function challenge(r, A, message) {
  return fromLittleEndian(createHash('sha512').update(r).update(A).update(message).digest()) % L;
}

/** Any point times L has an order that divides 8; most have order 8. */
function pointOfOrder8() {
  for (let y = 2n; ; y++) {
    const point = decode(littleEndian(y));
    const torsion = point && times(point, L);
    if (torsion && !times(torsion, 4n).is0()) return torsion;
  }
}

function notAPoint() {
  for (let y = 2n; ; y++) if (!decode(littleEndian(y))) return littleEndian(y);
}

function decode(bytes) {
  try {
    return Point.fromBytes(bytes);
  } catch {
    return undefined;
  }
}

/** `factor * point`, for any factor and point; the library's own takes factors below L only. */
function times(point, factor) {
  let product = Point.ZERO;
  for (const bit of factor.toString(2)) {
    product = product.double();
    if (bit === '1') product = product.add(point);
  }
  return product;
}

function scalar(name) {
  return fromLittleEndian(createHash('sha512').update(`ed25519 edges ${name}`).digest()) % L;
}

function numbered(attempt) {
  return Buffer.from(`forged message ${attempt}`);
}

function encode(point) {
  return Buffer.from(point.toBytes());
}

function littleEndian(value) {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

function fromLittleEndian(bytes) {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function flip(signature, bit) {
  const copy = Buffer.from(signature);
  copy[bit >> 3] ^= 1 << (bit & 7);
  return copy;
}

function hex(bytes) {
  return Buffer.from(bytes).toString('hex');
}

function key(text) {
  return { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: text } };
}

function edge(name, valid, A, message, signature) {
  return { name: `ed25519: ${name}`, valid, key: key(hex(A)), message, signature };
}
