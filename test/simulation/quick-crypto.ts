// Every service of a history verifies the same signatures. Verification is pure, so each is done once.

import { nativeCrypto } from '#signing';
import { BoundedCache, type Crypto, toHex } from '#tuf';

const REMEMBERED = 50_000;

const verified = new BoundedCache<boolean>(REMEMBERED);

export const quickCrypto: Crypto = {
  sha256: bytes => nativeCrypto.sha256(bytes),
  sha256Hex: text => nativeCrypto.sha256Hex(text),
  verify: (key, message, signature) => {
    const name = `${key.keyval.public} ${toHex(nativeCrypto.sha256(message))} ${toHex(signature)}`;
    return verified.get(name, () => nativeCrypto.verify(key, message, signature));
  },
};
