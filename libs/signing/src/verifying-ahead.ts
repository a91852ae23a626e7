// Native verification that remembers, and that can be done ahead: a service has the signatures of a batch verified on Node's
// thread pool, all cores at once, and the folds, which are synchronous, then find them verified. Several folds in one process
// share one of these, so that each signature is verified once.
//
// Only what the rule of `Crypto` called valid is remembered, by all that the rule looks at: the key's scheme and public text,
// the SHA-256 of the message, the signature's bytes. What was found invalid, or is forgotten, is verified when it is asked for.

import { type Crypto, isKeyShaped, type Key, type SignatureCheck } from '#tuf';
import { LargeDigests } from './large-digests.js';
import { nativeCrypto, verifyAsync } from './native.js';

/** Valid signatures remembered, about 400 bytes each: a re-issue of all bins twice over. */
const REMEMBERED_SIGNATURES = 32_768;
/** Verifications handed to the thread pool at once; it has fewer threads, which so never wait for the main one. */
const CHECKS_IN_FLIGHT = 64;

export class VerifyingAhead implements Crypto {
  /** In the order in which they were remembered. */
  readonly #valid = new Set<string>();
  readonly #capacity: number;
  readonly #ofBytes = new LargeDigests((bytes: Uint8Array) => nativeCrypto.sha256(bytes));
  readonly #ofTexts = new LargeDigests((text: string) => nativeCrypto.sha256Hex(text));

  /** Remembers up to `capacity` valid signatures; then the oldest goes. */
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
    const name = this.#nameOf({ key, message, signature });
    if (name === undefined) return false;
    if (this.#valid.has(name)) return true;
    const valid = nativeCrypto.verify(key, message, signature);
    if (valid) this.#remember(name);
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
    const name = this.#nameOf(check);
    if (name === undefined || this.#valid.has(name)) return;
    if (await verifyAsync(check.key, check.message, check.signature)) this.#remember(name);
  }

  #remember(name: string): void {
    if (this.#valid.size >= this.#capacity) this.#valid.delete(this.#valid.values().next().value!);
    this.#valid.add(name);
  }

  /** A text that no two checks share; undefined for a key that is not even shaped like one, which verifies nothing. */
  #nameOf({ key, message, signature }: SignatureCheck): string | undefined {
    if (!isKeyShaped(key)) return undefined;
    // The key's own text may hold spaces; what follows it has none.
    return `${key.keytype}/${key.scheme} ${key.keyval.public} ${hexOf(this.#ofBytes.of(message))} ${hexOf(signature)}`;
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
