// The signer as a process of its own. It has no database: it trusts no store.

import {
  AppendErrors,
  AwaitedLog,
  dependenciesOn,
  Following,
  LastCutAspect,
  loadSignerKeys,
  openLog,
  patiently,
  ReadingAspect,
  runService,
  type Service,
  type ServiceContext,
} from '#host';
import { VerifyingAhead } from '#signing';
import { signerSettings } from './settings.js';
import { Signer } from './signer.js';

/** The signer's stream; one signer runs per ledger. */
const STREAM = 'signer';
/** Connections to a log in Postgres. */
const LOG_CONNECTIONS = 3;

await runService('signer', signerService);

async function signerService({ name, environment, report, fail }: ServiceContext): Promise<Service> {
  const { file, address, target, folder, keysAt } = signerSettings(environment);
  const keys = await loadSignerKeys(keysAt);
  const log = new AwaitedLog(() => openLog(target, { clientId: name, connections: LOG_CONNECTIONS }));
  const ground = { ledger: file.ledger, log, crypto: new VerifyingAhead(), report };
  const publisher = { key: keys.signer, stream: STREAM };
  const signer = new Signer({ ...ground, clock: Date.now, keys: keys.online, publisher, folder });
  const following = new Following([signer], ground);
  const dependencies = dependenciesOn({ log });
  return {
    address,
    aspects: [
      dependencies,
      new ReadingAspect(following, log),
      new AppendErrors(log.appendErrors),
      new LastCutAspect(async () => signer.lastCut),
    ],
    begin: async signal => {
      dependencies.start();
      await patiently(() => log.open(), { report, signal });
      following.start(fail);
    },
    end: async () => {
      dependencies.stop();
      await following.stop();
      await signer.close();
      await log.close();
    },
  };
}
