// Errors of the command line: one class, one closed set of codes. Scripts branch on the exit code or, with --json, on `code`.

import { ExitCode } from './exit-code.js';

export type CliErrorCode =
  | 'arguments-invalid'
  | 'server-unreachable'
  | 'server-timeout'
  | 'server-busy'
  | 'server-answer'
  | 'token-missing'
  | 'token-invalid'
  | 'not-permitted'
  | 'request-refused'
  | 'source-missing'
  | 'source-empty'
  | 'source-too-large'
  | 'json-malformed'
  | 'page-malformed'
  | 'events-malformed'
  | 'key-unusable'
  | 'proposal-malformed'
  | 'proposal-refused'
  | 'proposal-expired'
  | 'other-draft'
  | 'key-not-in-role'
  | 'not-confirmed'
  | 'would-overwrite'
  | 'not-published'
  | 'ledger-exists'
  | 'ledger-unknown'
  | 'folder-unusable'
  | 'log-unusable';

interface Kind {
  readonly exit: ExitCode;
  readonly retryable: boolean;
}

const KINDS: Readonly<Record<CliErrorCode, Kind>> = {
  'arguments-invalid': { exit: ExitCode.usage, retryable: false },
  'server-unreachable': { exit: ExitCode.unreachable, retryable: true },
  'server-timeout': { exit: ExitCode.unreachable, retryable: true },
  'server-busy': { exit: ExitCode.unreachable, retryable: true },
  'server-answer': { exit: ExitCode.serverFault, retryable: false },
  'token-missing': { exit: ExitCode.notPermitted, retryable: false },
  'token-invalid': { exit: ExitCode.notPermitted, retryable: false },
  'not-permitted': { exit: ExitCode.notPermitted, retryable: false },
  'request-refused': { exit: ExitCode.badInput, retryable: false },
  'source-missing': { exit: ExitCode.badInput, retryable: false },
  'source-empty': { exit: ExitCode.badInput, retryable: false },
  'source-too-large': { exit: ExitCode.badInput, retryable: false },
  'json-malformed': { exit: ExitCode.badInput, retryable: false },
  'page-malformed': { exit: ExitCode.badInput, retryable: false },
  'events-malformed': { exit: ExitCode.badInput, retryable: false },
  'key-unusable': { exit: ExitCode.badInput, retryable: false },
  'proposal-malformed': { exit: ExitCode.badInput, retryable: false },
  'proposal-refused': { exit: ExitCode.refused, retryable: false },
  'proposal-expired': { exit: ExitCode.refused, retryable: false },
  'other-draft': { exit: ExitCode.refused, retryable: false },
  'key-not-in-role': { exit: ExitCode.refused, retryable: false },
  'would-overwrite': { exit: ExitCode.refused, retryable: false },
  'not-confirmed': { exit: ExitCode.refused, retryable: false },
  'not-published': { exit: ExitCode.pending, retryable: false },
  'ledger-unknown': { exit: ExitCode.refused, retryable: false },
  'ledger-exists': { exit: ExitCode.refused, retryable: false },
  'folder-unusable': { exit: ExitCode.badInput, retryable: false },
  'log-unusable': { exit: ExitCode.unreachable, retryable: false },
};

/** What a command stops with. `retryable` says whether the same request may succeed a little later. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exit: ExitCode;
  readonly retryable: boolean;

  /** `detail` tells what was wrong and where; `advice` what to do next. Both are whole sentences. */
  constructor(
    readonly code: CliErrorCode,
    readonly detail: string,
    readonly advice: string,
    options?: ErrorOptions,
  ) {
    super(`${detail} ${advice}`, options);
    this.exit = KINDS[code].exit;
    this.retryable = KINDS[code].retryable;
  }
}
