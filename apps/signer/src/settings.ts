// The settings of the signer as a process of its own. It has no database: it trusts no store.

import { type Environment, keysFolder, logTarget, readSettings, serviceSettings } from '#host';

/** @throws HostError `config-invalid` that names every fault. */
export function signerSettings(environment: Environment) {
  return readSettings(environment, settings => ({
    ...serviceSettings(settings, 'signer'),
    target: logTarget(settings),
    folder: settings.required('TUF_LEDGER_SIGNER', "the signer's own folder"),
    keysAt: keysFolder(settings),
  }));
}
