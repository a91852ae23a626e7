/** What can go wrong with a projection's store. */
export type StoreErrorCode = 'store-unavailable' | 'projection-conflict' | 'shard-taken' | 'store-shape';

const RETRYABLE: ReadonlySet<StoreErrorCode> = new Set(['store-unavailable', 'projection-conflict']);

/** An error of this lib; after a retryable one the service reloads its projection and goes on from there. */
export class StoreError extends Error {
  readonly retryable: boolean;

  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'StoreError';
    this.retryable = RETRYABLE.has(code);
  }
}
