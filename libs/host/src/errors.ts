/** Errors that keep a service from starting or make it stop. Each message says what was wrong, then what to do. */

export type HostErrorCode =
  | 'data-folder-in-use'
  | 'data-folder-unwritable'
  | 'port-in-use'
  | 'node-too-old'
  | 'postgres-failed'
  | 'config-invalid'
  | 'log-forked'
  | 'rules-unknown';

const ADVICE: Readonly<Record<HostErrorCode, string>> = {
  'data-folder-in-use': 'Stop the other process, or set TUF_LEDGER_DATA to another folder.',
  'data-folder-unwritable':
    'Give this user the right to write there, or set TUF_LEDGER_DATA to another folder.',
  'port-in-use': 'Stop what listens there, or choose another port.',
  'node-too-old': 'Install Node 20.19 or newer; 24 LTS is recommended.',
  'postgres-failed': 'Read what Postgres said, mend that, and start again; nothing was deleted.',
  'config-invalid': 'Correct the setting and start again.',
  'log-forked':
    'Do not go on: find out which log is the true one, then rebuild what was derived from the other.',
  'rules-unknown': 'Upgrade this service to a release that knows these rules, then start it again.',
};

/** Why a service does not start or does not go on. None of these mends itself. */
export class HostError extends Error {
  readonly code: HostErrorCode;

  /** `detail` is a sentence: what was wrong and where. What to do follows from the code. */
  constructor(code: HostErrorCode, detail: string, options?: ErrorOptions) {
    super(`${detail} ${ADVICE[code]}`, options);
    this.name = 'HostError';
    this.code = code;
  }
}
