// A projector as a process of its own: all four are made alike, and differ in their folds.

import { VerifyingAhead } from '#signing';
import { AwaitedLog } from './awaited-log.js';
import { dependenciesOn } from './dependency.js';
import { Rejections } from './failure-aspects.js';
import { Following } from './following.js';
import { LedgerDatabase } from './ledger-database.js';
import { openLog } from './log-target.js';
import { patiently } from './patience.js';
import { Projector } from './projector.js';
import { type ProjectorPlan, projectorSettings } from './projector-settings.js';
import { ReadingAspect } from './reading-aspect.js';
import { runService, type Service, type ServiceContext } from './run-service.js';
import type { ServiceName } from './schema-name.js';
import type { ServiceFold } from './service-fold.js';
import { LastCutAspect, lastCutOf, RoleVersionsAspect } from './state-aspects.js';

/** Connections to a log in Postgres. */
const LOG_CONNECTIONS = 2;

/** Runs the projectors of a service until it is asked to stop or fails. */
export function runProjector(service: ServiceName, plan: ProjectorPlan): Promise<void> {
  return runService(`projector-${service}`, async context => projectorService(service, plan, context));
}

function projectorService(
  service: ServiceName,
  plan: ProjectorPlan,
  { name, environment, report, fail }: ServiceContext,
): Service {
  const { file, address, target, at, make } = projectorSettings(environment, service, plan);
  const log = new AwaitedLog(() => openLog(target, { clientId: name, connections: LOG_CONNECTIONS }));
  const database = new LedgerDatabase(at, service);
  const { sources } = database;
  const crypto = new VerifyingAhead();
  const rejections = new Rejections(report);
  const projectorOf = (fold: ServiceFold) =>
    new Projector(fold, database, effects => rejections.count(effects));
  // Filled before the reading starts, when Postgres has said which bins are this process's.
  const projectors: Projector[] = [];
  const following = new Following(projectors, { log, ledger: file.ledger, crypto, report });
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
      projectors.push(
        ...(await patiently(async () => make({ ground: database, crypto, projectorOf }), patience)),
      );
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
