/** Why the signer does not sign. */
export type SignerErrorCode = 'signer-folder' | 'equivocation';

/** An error of the signer. None passes by itself: a person has to look. */
export class SignerError extends Error {
  readonly retryable = false;

  constructor(
    readonly code: SignerErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'SignerError';
  }
}
