// Keys that sign, and verification on Node's own cryptography.

export { SigningError, type SigningErrorCode } from './errors.js';
export { createKeyFile, KEY_KINDS, type KeyFileOptions, type KeyKind, loadKeyFile } from './key-file.js';
export { memoryKey } from './memory-key.js';
export { nativeCrypto, verifyAsync } from './native.js';
export { loadPublicKeyFile } from './public-key-file.js';
export type { SigningKey } from './signer-key.js';
export { VerifyingAhead } from './verifying-ahead.js';
