// The settings of a projector that runs as a process of its own, and what follows from them.

import type { AheadCrypto } from './ahead-crypto.js';
import type { LedgerFile } from './ledger-folder.js';
import { type LogTarget, logTarget } from './log-target.js';
import type { Projector } from './projector.js';
import type { ServiceName } from './schema-name.js';
import type { ServiceFold } from './service-fold.js';
import {
  type DatabaseSettings,
  databaseSettings,
  type ServiceSettings,
  serviceSettings,
} from './service-settings.js';
import { type Environment, readSettings, type Settings } from './settings.js';
import type { FactGround } from './upstream.js';

/** What projectors are made with, once Postgres is connected. */
interface ProjectorParts {
  readonly ground: FactGround;
  readonly crypto: AheadCrypto;
  /** The projector of a fold, which counts what it rejects. */
  readonly projectorOf: (fold: ServiceFold) => Projector;
}

/** Gives the projectors of a process, which share its reading of the log. */
type ProjectorsMaker = (parts: ProjectorParts) => readonly Projector[] | Promise<readonly Projector[]>;

/** Reads the settings that a projector has beside the usual ones, and says how it is made. */
export type ProjectorPlan = (settings: Settings, file: LedgerFile) => ProjectorsMaker;

export interface ProjectorSettings extends ServiceSettings {
  readonly target: LogTarget;
  readonly at: DatabaseSettings;
  readonly make: ProjectorsMaker;
}

/** @throws HostError `config-invalid` that names every fault. */
export function projectorSettings(
  environment: Environment,
  service: ServiceName,
  plan: ProjectorPlan,
): ProjectorSettings {
  return readSettings(environment, settings => {
    const usual = serviceSettings(settings, `projector-${service}`);
    const make = plan(settings, usual.file);
    return { ...usual, target: logTarget(settings), at: databaseSettings(settings), make };
  });
}
