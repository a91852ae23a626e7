// Keys that sign, and verification on Node's own cryptography.

export { memoryKey } from './ed25519.js';
export { SigningError, type SigningErrorCode } from './errors.js';
export { createKeyFile, type KeyFileOptions, loadKeyFile } from './key-file.js';
export { nativeCrypto, verifyAsync } from './native.js';
export type { SigningKey } from './signer-key.js';
export { VerifyingAhead } from './verifying-ahead.js';
