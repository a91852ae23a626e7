// `npm start`: a whole ledger in one process.

import { LedgerFolder } from '#host';
import { readConfig } from './config.js';
import { type RunningLedger, startLedger } from './ledger.js';

/** Exit codes: 0 after a stop that was asked for, 1 where the ledger could not start or a service stopped. */
const FAILED = 1;
/** The same signals that a terminal, an init system and a container runtime send. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const running = await startLedger(config);
  greet(running, new LedgerFolder(config.dataFolder));
  const error = await Promise.race([running.failed, stopSignal()]);
  if (error) say(error.message);
  else say('Stopping.');
  await running.stop();
  process.exitCode = error ? FAILED : 0;
}

function stopSignal(): Promise<undefined> {
  return new Promise(resolve => {
    for (const signal of STOP_SIGNALS) process.once(signal, () => resolve(undefined));
  });
}

function greet({ url, ledger, openedNow }: RunningLedger, folder: LedgerFolder): void {
  const { count, scheme } = ledger.opened.bins;
  if (openedNow) {
    say(`
Opened a DEVELOPMENT ledger: all of its private keys, the offline ones too, lie in ${folder.path}/keys.
Whoever reads that folder can sign anything. This release can't renew the roles root, targets and bins,
which expire a year from now, nor keep their keys offline: try it, don't depend on it.`);
  }
  say(`
tuf-ledger runs.  ${count} bins (${scheme}), ledger ${ledger.ledger}

  TUF repository   ${url}/metadata/
  API              ${url}/docs
  Health           ${url}/readyz
  Token            ${folder.tokenFile}

Try: npx tuf-ledger import test/data/pep691
Stop: Ctrl-C
`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(FAILED);
});
