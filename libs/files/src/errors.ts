/** Errors of the metadata store. Each message tells what was wrong and where, then what to do. */

export type FilesErrorCode = 'name-unsafe' | 'disk-full' | 'folder-read-only' | 'file-unavailable';

interface Kind {
  readonly retryable: boolean;
  readonly advice: string;
}

const KINDS: Readonly<Record<FilesErrorCode, Kind>> = {
  'name-unsafe': {
    retryable: false,
    advice: 'Nothing was touched. Quote what names a file before it comes here.',
  },
  'disk-full': { retryable: true, advice: 'Free some space; what is there already is whole.' },
  'folder-read-only': {
    retryable: false,
    advice: 'Give the service the right to write there, then start it again.',
  },
  'file-unavailable': {
    retryable: true,
    advice: 'Try again; if it stays so, check the disk and what else uses it.',
  },
};

/**
 * What an operation on the store fails with. `retryable` says whether the same call may succeed later
 * without anyone's change to program or configuration.
 */
export class FilesError extends Error {
  readonly code: FilesErrorCode;
  readonly retryable: boolean;

  /** `detail` is a sentence: what was wrong and where. What to do follows from the code. */
  constructor(code: FilesErrorCode, detail: string, options?: ErrorOptions) {
    super(`${detail} ${KINDS[code].advice}`, options);
    this.name = 'FilesError';
    this.code = code;
    this.retryable = KINDS[code].retryable;
  }
}

/** System errors of writing by what they mean here; all others are `file-unavailable`. */
const WRITE_CODES: Readonly<Record<string, FilesErrorCode>> = {
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  EROFS: 'folder-read-only',
  EACCES: 'folder-read-only',
  EPERM: 'folder-read-only',
};

/** The FilesError for what the system said when `path` was to be written. */
export function writeError(path: string, error: unknown): FilesError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new FilesError(WRITE_CODES[code] ?? 'file-unavailable', `${path} can't be written: ${message}.`, {
    cause: error,
  });
}

/** The FilesError for what the system said when `path` was to be read. */
export function readError(path: string, error: unknown): FilesError {
  const { message } = error as Error;
  return new FilesError('file-unavailable', `${path} can't be read: ${message}.`, { cause: error });
}
