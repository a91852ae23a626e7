// A projector as a process of its own: all four are made alike, and differ in their folds.

import { VerifyingAhead } from '#signing';
import type { AheadCrypto } from './ahead-crypto.js';
import { AwaitedLog } from './awaited-log.js';
import { dependenciesOn } from './dependency.js';
import { Rejections } from './failure-aspects.js';
import { Following } from './following.js';
import { LedgerDatabase } from './ledger-database.js';
import { logTarget, openLog } from './log-target.js';
import { patiently } from './patience.js';
import { Projector } from './projector.js';
import { ReadingAspect } from './reading-aspect.js';
import { runService, type Service, type ServiceContext } from './run-service.js';
import type { ServiceName } from './schema-name.js';
import type { ServiceFold } from './service-fold.js';
import { databaseSettings, serviceSettings } from './service-settings.js';
import { readSettings } from './settings.js';
import { LastCutAspect, lastCutOf, RoleVersionsAspect } from './state-aspects.js';
import type { FactGround } from './upstream.js';

/** Connections to a log in Postgres. */
const LOG_CONNECTIONS = 2;

export type FoldMaker = (ground: FactGround, crypto: AheadCrypto) => ServiceFold;

/** Runs the projector of a service until it is asked to stop or fails. */
export function runProjector(service: ServiceName, foldOf: FoldMaker): Promise<void> {
  return runService(`projector-${service}`, async context => projectorService(service, foldOf, context));
}

function projectorService(
  service: ServiceName,
  foldOf: FoldMaker,
  { name, environment, report, fail }: ServiceContext,
): Service {
  const { file, address, target, at } = readSettings(environment, settings => ({
    ...serviceSettings(settings, name),
    target: logTarget(settings),
    at: databaseSettings(settings),
  }));
  const log = new AwaitedLog(() => openLog(target, { clientId: name, connections: LOG_CONNECTIONS }));
  const database = new LedgerDatabase(at, service);
  const { sources } = database;
  const crypto = new VerifyingAhead();
  const rejections = new Rejections();
  const fold = foldOf(database, crypto);
  const projector = new Projector(fold, database, effects => rejections.count(effects));
  const following = new Following([projector], { log, ledger: file.ledger, crypto, report });
  const dependencies = dependenciesOn({ log, database });
  return {
    address,
    aspects: [
      dependencies,
      new ReadingAspect(following, log),
      rejections,
      new LastCutAspect(() => lastCutOf(sources.root)),
      new RoleVersionsAspect({ [service]: sources[service] }),
    ],
    begin: async signal => {
      dependencies.start();
      const patience = { report, signal };
      await Promise.all([
        patiently(() => log.open(), patience),
        patiently(() => database.connect(), patience),
      ]);
      following.start(fail);
    },
    end: async () => {
      dependencies.stop();
      await following.stop();
      await log.close();
      await database.close();
    },
  };
}
