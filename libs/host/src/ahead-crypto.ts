import type { Crypto, SignatureCheck } from '#tuf';

/** Cryptography that may be able to verify signatures before they are asked for, away from the main thread. */
export interface AheadCrypto extends Crypto {
  verifyAhead?(checks: Iterable<SignatureCheck>): Promise<void>;
}
