// Errors of the `signing` library: one class, one closed set of codes.

/** What can be wrong with a signing key's storage. */
export type SigningErrorCode =
  | 'key-file-missing'
  | 'key-file-corrupt'
  | 'key-file-permissions'
  | 'key-file-exists'
  | 'key-file-not-encrypted'
  | 'key-file-unsupported'
  | 'key-file-io'
  | 'passphrase-wrong'
  | 'passphrase-needed';

/** A key that can't be had. The message says which file, what is wrong with it, and what to do. */
export class SigningError extends Error {
  override readonly name = 'SigningError';
  readonly code: SigningErrorCode;

  constructor(code: SigningErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}
