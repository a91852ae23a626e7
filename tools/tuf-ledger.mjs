#!/usr/bin/env node
// The command `tuf-ledger`: runs the compiled program, and compiles it first where that has not been done.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const INTERRUPTED = 130;
const root = new URL('..', import.meta.url);
const program = new URL('dist/apps/cli/src/main.js', root);

if (!existsSync(program)) build();

process.once('SIGINT', () => {
  process.stderr.write(
    '\nInterrupted. An import goes on where it stopped when the same command is run again.\n',
  );
  process.exit(INTERRUPTED);
});
// A reader such as `head` that has seen enough is no fault.
process.stdout.on('error', error => process.exit(error.code === 'EPIPE' ? 0 : 1));

const { run } = await import(program);
const { processEnvironment } = await import(new URL('environment.js', program));
process.exitCode = await run(process.argv.slice(2), processEnvironment());

// The build's output goes to the standard error: the standard output belongs to the command.
function build() {
  const { status, error } = spawnSync(process.execPath, ['tools/run.mjs', 'build'], {
    cwd: fileURLToPath(root),
    stdio: ['ignore', 2, 2],
  });
  if (status === 0) return;
  process.stderr.write(`tuf-ledger could not be built${error ? ` (${error.message})` : ''}; see above.\n`);
  process.exit(status || 1);
}
