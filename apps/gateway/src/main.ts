// The gateway, with its scheduler of cuts, as a process of its own.

import 'reflect-metadata';
import {
  AwaitedLog,
  dependenciesOn,
  Following,
  LedgerDatabase,
  loadPublisherKey,
  openLog,
  patiently,
  RoleVersionsAspect,
  runService,
  type Service,
  type ServiceContext,
  schemaName,
} from '#host';
import { VerifyingAhead } from '#signing';
import { readProgress } from '#store';
import { configureHttp, GatewayModule } from './gateway.module.js';
import { StoredHistory } from './history.js';
import { LogTail } from './log-tail.js';
import type { GatewayParts } from './parts.js';
import { type GatewaySettings, gatewaySettings } from './settings.js';
import { StoredStates } from './state-watch.js';

/** Connections to a log in Postgres: appends, and reads of the log by whoever asks. */
const LOG_CONNECTIONS = 4;

await runService('gateway', gatewayService);

async function gatewayService({ name, environment, report, fail }: ServiceContext): Promise<Service> {
  const settings = gatewaySettings(environment);
  const { address, file, target, tokensFile } = settings;
  const log = new AwaitedLog(() => openLog(target, { clientId: name, connections: LOG_CONNECTIONS }));
  const database = new LedgerDatabase(settings.at);
  const { sources, watermarks, prefix } = database;
  const crypto = new VerifyingAhead();
  const tail = new LogTail({ log, crypto, from: () => readProgress(sources.root) });
  const following = new Following([tail], { log, ledger: file.ledger, crypto, report });
  const dependencies = dependenciesOn({ log, database });
  const module = GatewayModule.register({
    ledger: file.ledger,
    log,
    tail,
    sources,
    prefix,
    watermarks,
    states: new StoredStates(database),
    history: new StoredHistory(database),
    crypto,
    ...(await identities(settings)),
    tokensFile,
    report,
    aspects: [dependencies, new RoleVersionsAspect(sources)],
    // The repository notes how many records what it serves was completed by.
    served: (position, signal) => watermarks.reach(schemaName(prefix, 'repository'), position + 1, signal),
  });
  return {
    address,
    modules: [module],
    configure: configureHttp,
    begin: async signal => {
      const patience = { report, signal };
      dependencies.start();
      await Promise.all([
        patiently(() => log.open(), patience),
        patiently(() => database.connect(), patience),
      ]);
      // The reading begins where projector-root stands, which may not have made its tables yet.
      await patiently(() => readProgress(sources.root), patience);
      following.start(error => {
        tail.stop(error);
        fail(error);
      });
    },
    end: async () => {
      dependencies.stop();
      await following.stop();
      await log.close();
      await database.close();
    },
  };
}

async function identities(settings: GatewaySettings): Promise<Pick<GatewayParts, 'publisher' | 'scheduler'>> {
  const { keys, stream, schedules, cutMs: intervalMs } = settings;
  const publisher = { key: await loadPublisherKey(keys, 'gateway'), stream };
  if (!schedules) return { publisher };
  return { publisher, scheduler: { key: await loadPublisherKey(keys, 'scheduler'), stream, intervalMs } };
}
