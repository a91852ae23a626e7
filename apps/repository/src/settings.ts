// The settings of the repository service as a process of its own. It does not read the log.

import { databaseSettings, type Environment, readSettings, serviceSettings } from '#host';

/** @throws HostError `config-invalid` that names every fault. */
export function repositorySettings(environment: Environment) {
  return readSettings(environment, settings => ({
    ...serviceSettings(settings, 'repository'),
    at: databaseSettings(settings),
    folder: settings.required('TUF_LEDGER_REPOSITORY', 'the folder that the TUF repository is written to'),
  }));
}
