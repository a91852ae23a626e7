// `npm run cluster`: every service in a process of its own, with a broker and a Postgres, where there is no Docker engine.

import { resolve } from 'node:path';
import { LedgerFolder } from '#host';
import { Cluster } from './cluster.js';
import { whatKafkaLacks } from './kafka-programs.js';

const FAILED = 1;
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

async function main(): Promise<void> {
  const missing = whatKafkaLacks();
  if (missing) throw new Error(`${missing}.`);
  const folder = resolve(process.env.TUF_LEDGER_DATA ?? './data', 'cluster');
  say(`Starting Kafka, Postgres and all services in ${folder}; the first time it takes a minute.`);
  const cluster = await Cluster.start({ folder, ports: 'composed', restarts: true });
  greet(cluster, folder);
  await Promise.race(STOP_SIGNALS.map(signal => new Promise(stop => process.once(signal, stop))));
  say('Stopping.');
  await cluster.stop();
}

function greet(cluster: Cluster, folder: string): void {
  const { path, tokenFile } = new LedgerFolder(cluster.ledger.path);
  const services = [...cluster.services.values()].map(
    ({ start, url }) => `  ${start.name.padEnd(20)} ${url}`,
  );
  say(`
A DEVELOPMENT ledger runs, each service in a process of its own. All of its keys lie in ${path}/keys.

  TUF repository       ${cluster.service('repository').url}/metadata/
  API                  ${cluster.service('gateway').url}/docs
  Kafka                ${cluster.broker.address}, topic tuf-ledger
  Token                ${tokenFile}

${services.join('\n')}

What a service says is in ${folder}/<service>.log; each answers /healthz, /readyz and /metrics.
Try: TUF_LEDGER_DATA=${path} npx tuf-ledger import test/data/pep691
Stop: Ctrl-C
`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = FAILED;
});
