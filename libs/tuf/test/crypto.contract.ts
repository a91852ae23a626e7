// What every implementation of the `Crypto` port must do. The vectors are the point: on each of them all
// implementations must give the same, stated verdict.

import { constants, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Crypto, fromHex, type Json, type Key, parseKey, toHex, utf8 } from '../src/index.js';
import { readVectors } from './vectors.js';

interface SignatureVector {
  name: string;
  valid: boolean;
  key: Key;
  message: string;
  signature: string;
}

interface SignedText {
  signed_canonical: string;
  sha256: string;
  ed25519_sig_hex: string;
}

interface TufVectors {
  ed25519: { key: Key };
  timestamp_vector: SignedText;
  empty_bin_vector: SignedText;
  succinct_bins_vector: SignedText;
}

const edges = readVectors<SignatureVector[]>('signature-edges.json');
const tuf = readVectors<TufVectors>('tuf.json');
const signedTexts = {
  timestamp: tuf.timestamp_vector,
  bin: tuf.empty_bin_vector,
  bins: tuf.succinct_bins_vector,
};

export function cryptoContract(name: string, crypto: Crypto): void {
  describe(`${name}: verdicts`, () => {
    it.each(edges)('$name', ({ valid, key, message, signature }) => {
      expect(crypto.verify(key, fromHex(message), fromHex(signature))).toBe(valid);
    });

    it.each(Object.entries(signedTexts))('signed %s', (_, { signed_canonical, sha256, ed25519_sig_hex }) => {
      const message = utf8(signed_canonical);
      expect(toHex(crypto.sha256(message))).toBe(sha256);
      expect(crypto.verify(parseKey(tuf.ed25519.key), message, fromHex(ed25519_sig_hex))).toBe(true);
    });
  });

  describe(`${name}: promises`, () => {
    it.each(keyPairs())(
      'takes what OpenSSL signs with $scheme, and no other message',
      ({ key, signature, message }) => {
        expect(crypto.verify(key, message, signature)).toBe(true);
        expect(crypto.verify(key, Uint8Array.of(...message, 0), signature)).toBe(false);
      },
    );

    it('hashes to plain arrays of 32 bytes', () => {
      const digest = crypto.sha256(new Uint8Array());
      expect(toHex(digest)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
      expect(digest.constructor).toBe(Uint8Array);
    });

    it('hashes text as its UTF-8, and none that has no UTF-8', () => {
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), text => {
          expect(crypto.sha256Hex(text)).toBe(toHex(crypto.sha256(utf8(text))));
        }),
      );
      const half = expect.objectContaining({ code: 'lone-surrogate' });
      expect(() => crypto.sha256Hex('a\ud800')).toThrow(half);
    });

    it('never throws', () => {
      const keys = fc.oneof(fc.constantFrom(...edges.map(edge => edge.key)), fc.jsonValue());
      fc.assert(
        fc.property(
          keys,
          fc.uint8Array(),
          fc.uint8Array({ maxLength: 300, size: 'max' }),
          (key, message, signature) => {
            expect(crypto.verify(key as Json as Key, message, signature)).toBe(false);
          },
        ),
        { numRuns: 300 },
      );
    });
  });
}

/** One fresh key and signature per scheme. */
function keyPairs() {
  const message = utf8('what is signed');
  const ed25519 = generateKeyPairSync('ed25519').privateKey;
  const { publicKey: p256, privateKey: p256Private } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { publicKey: rsa, privateKey: rsaPrivate } = generateKeyPairSync('rsa', { modulusLength: 3072 });
  const raw = createPublicKey(ed25519).export({ format: 'jwk' }).x!;
  const pem = { format: 'pem', type: 'spki' } as const;
  return [
    {
      scheme: 'ed25519',
      key: parseKey({
        keytype: 'ed25519',
        scheme: 'ed25519',
        keyval: { public: toHex(Buffer.from(raw, 'base64url')) },
      }),
      signature: sign(null, message, ed25519),
    },
    {
      scheme: 'ecdsa-sha2-nistp256',
      key: parseKey({
        keytype: 'ecdsa',
        scheme: 'ecdsa-sha2-nistp256',
        keyval: { public: p256.export(pem).toString() },
      }),
      signature: sign('sha256', message, p256Private),
    },
    {
      scheme: 'rsassa-pss-sha256',
      key: parseKey({
        keytype: 'rsa',
        scheme: 'rsassa-pss-sha256',
        keyval: { public: rsa.export(pem).toString() },
      }),
      signature: sign('sha256', message, {
        key: rsaPrivate,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: 32,
      }),
    },
  ].map(pair => ({ ...pair, message, signature: new Uint8Array(pair.signature) }));
}
