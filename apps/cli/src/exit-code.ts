// The exit codes of all commands. Scripts rely on them: a number never changes its meaning.

export const ExitCode = {
  /** Done. */
  ok: 0,
  /** The command ran, and something was refused: the ledger rejected an event, or a file is in conflict with the ledger. */
  refused: 1,
  /** The command line is wrong; nothing was done. */
  usage: 2,
  /** The server, or the index to import, can't be reached or stays too busy. */
  unreachable: 3,
  /** No token, or one that the server does not accept for this. */
  notPermitted: 4,
  /** A file or page that was given can't be used as it is. */
  badInput: 5,
  /** The server works, but what was asked for is not so yet: not published in time, or services that are not ready. */
  pending: 6,
  /** The server failed, or answered what this version does not understand. */
  serverFault: 7,
  /** A fault of this program. */
  internal: 70,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
