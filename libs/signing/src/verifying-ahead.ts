// Native verification that remembers, and that can be done ahead: a service has the signatures of a batch verified on Node's
// thread pool, all cores at once, and the folds, which are synchronous, then find them verified. Several folds in one process
// share one of these, so that each signature is verified once.
//
// Only what the rule of `Crypto` called valid is remembered, by all that the rule looks at: the signature's bytes, the key's scheme
// and public text, the SHA-256 of the message. What was found invalid, or is forgotten, is verified when it is asked for.

import { type Crypto, isKeyShaped, type Key, type SignatureCheck } from '#tuf';
import { LargeDigests } from './large-digests.js';
import { nativeCrypto, verifyAsync } from './native.js';

/** Valid signatures remembered, about 400 bytes each: a re-issue of all bins twice over. */
const REMEMBERED_SIGNATURES = 32_768;
/** Verifications handed to the thread pool at once; it has fewer threads, which so never wait for the main one. */
const CHECKS_IN_FLIGHT = 64;

export class VerifyingAhead implements Crypto {
  /** The SHA-256 of the message, by key and signature. When there are half as many newer ones as may be, the older are forgotten. */
  #newer = new Map<string, Uint8Array>();
  #older = new Map<string, Uint8Array>();
  readonly #capacity: number;
  readonly #ofBytes = new LargeDigests((bytes: Uint8Array) => nativeCrypto.sha256(bytes));
  readonly #ofTexts = new LargeDigests((text: string) => nativeCrypto.sha256Hex(text));

  /** Remembers up to `capacity` valid signatures. */
  constructor(capacity = REMEMBERED_SIGNATURES) {
    this.#capacity = capacity;
  }

  sha256(bytes: Uint8Array): Uint8Array {
    return this.#ofBytes.of(bytes).slice();
  }

  sha256Hex(text: string): string {
    return this.#ofTexts.of(text);
  }

  verify(key: Key, message: Uint8Array, signature: Uint8Array): boolean {
    if (!isKeyShaped(key)) return false;
    const digest = this.#digestOf(nameOf(key, signature));
    if (digest && Buffer.compare(digest, this.#ofBytes.of(message)) === 0) return true;
    const valid = nativeCrypto.verify(key, message, signature);
    if (valid) this.#remember({ key, message, signature });
    return valid;
  }

  /** Verifies signatures on the thread pool. Resolves when all are; never rejects. */
  async verifyAhead(checks: Iterable<SignatureCheck>): Promise<void> {
    const waiting = checks[Symbol.iterator]();
    const verifySome = async () => {
      for (let next = waiting.next(); !next.done; next = waiting.next()) await this.#verifyOne(next.value);
    };
    await Promise.all(Array.from({ length: CHECKS_IN_FLIGHT }, verifySome));
  }

  async #verifyOne(check: SignatureCheck): Promise<void> {
    // Whether it is valid for this very message is looked at when that is asked for.
    if (!isKeyShaped(check.key) || this.#digestOf(nameOf(check.key, check.signature))) return;
    if (await verifyAsync(check.key, check.message, check.signature)) this.#remember(check);
  }

  #remember({ key, message, signature }: SignatureCheck): void {
    if (this.#newer.size >= this.#capacity / 2) {
      this.#older = this.#newer;
      this.#newer = new Map();
    }
    this.#newer.set(nameOf(key, signature), this.#ofBytes.of(message));
  }

  #digestOf(name: string): Uint8Array | undefined {
    return this.#newer.get(name) ?? this.#older.get(name);
  }
}

/** A text that no two pairs of key and signature share, whatever characters their parts hold: each has its length before it. */
function nameOf({ keytype, scheme, keyval }: Key, signature: Uint8Array): string {
  const { buffer, byteOffset, byteLength } = signature;
  // One UTF-16 unit a byte.
  const text = Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
  return `${byteLength} ${text}${keytype.length} ${keytype}${scheme.length} ${scheme}${keyval.public}`;
}
