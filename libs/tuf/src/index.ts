// Pure: canonical JSON, keys, roles, bins, thresholds. Imports nothing but `@noble/*`; runs in a browser.

export {
  BINS_ROLE,
  type BinLayout,
  type BinScheme,
  binDelegations,
  binIndex,
  binName,
  binOfPathHash,
  binPathHashPrefixes,
  bitLength,
  isBinCount,
  MAX_BINS,
  MIN_BINS,
} from './bins.js';
export { BoundedCache } from './bounded-cache.js';
export {
  assertWellFormed,
  compareCodePoints,
  concatBytes,
  equalBytes,
  fromBase64,
  fromBase64Codes,
  fromHex,
  fromUtf8,
  hasLoneSurrogate,
  isHex,
  sortCodePoints,
  toBase64,
  toHex,
  utf8,
  utf8Length,
} from './bytes.js';
export {
  canonicalize,
  escapeControls,
  isJsonObject,
  type Json,
  type JsonObject,
  MAX_NESTING,
  parseCanonical,
} from './canonical.js';
export type { Crypto, SignatureCheck } from './crypto.js';
export { readEcdsaSignature } from './ecdsa.js';
export { TufError, type TufErrorCode } from './errors.js';
export { formatExpires, LAST_EXPIRES_SECONDS, parseExpires } from './expires.js';
export { keyid, parseKey } from './key.js';
export { isKeyShaped, type Key } from './key-object.js';
export {
  metadataFile,
  metadataFileName,
  metadataFileOfBytes,
  type RoleSignature,
  SPEC_VERSION,
  signedPartOf,
} from './metadata.js';
export { portableCrypto } from './portable.js';
export { type PublicKey, readPublicKey } from './public-key.js';
export { rootText, TOP_LEVEL_ROLES, type TopLevelKeys, type TopLevelRole } from './root.js';
export { type LedgerPrefix, metaFragment, snapshotText } from './snapshot.js';
export { type Target, targetFragment, targetsText } from './targets.js';
export { keysJson, meetsThreshold, type RoleKeys, roleKeysJson, sortedKeyids } from './threshold.js';
export { timestampText } from './timestamp.js';
export { isStableText } from './unicode.js';
