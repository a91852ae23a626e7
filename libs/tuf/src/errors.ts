// Errors of the `tuf` library: one class, one closed set of codes. A caller branches on `code`, never on the message.

/** What can be wrong with bytes, text, keys and role metadata. */
export type TufErrorCode =
  | 'not-canonical'
  | 'not-json'
  | 'too-deep'
  | 'unsafe-integer'
  | 'not-a-number'
  | 'lone-surrogate'
  | 'hex-malformed'
  | 'base64-malformed'
  | 'utf8-malformed'
  | 'key-malformed'
  | 'key-unsupported'
  | 'role-malformed';

/** A value that the TUF rules of this repository refuse. The message says what, where, and what to do. */
export class TufError extends Error {
  override readonly name = 'TufError';
  readonly code: TufErrorCode;

  constructor(code: TufErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
