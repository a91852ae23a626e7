// The settings of the gateway as a process of its own.

import {
  cutInterval,
  databaseSettings,
  type Environment,
  keysFolder,
  logTarget,
  readSettings,
  serviceSettings,
} from '#host';

const STREAM_FORM = /^[a-z0-9._-]{1,32}$/;
const STREAM =
  'a name of 1 to 32 of a-z, 0-9, ".", "_" and "-" that no other gateway has, kept over restarts';

export type GatewaySettings = ReturnType<typeof gatewaySettings>;

/** @throws HostError `config-invalid` that names every fault. */
export function gatewaySettings(environment: Environment) {
  return readSettings(environment, settings => {
    const stream = settings.required('TUF_LEDGER_STREAM', STREAM);
    if (stream !== '' && !STREAM_FORM.test(stream))
      settings.faults.push(`TUF_LEDGER_STREAM is "${stream}"; it must be ${STREAM}.`);
    return {
      ...serviceSettings(settings, 'gateway'),
      target: logTarget(settings),
      at: databaseSettings(settings),
      keys: keysFolder(settings),
      stream,
      tokensFile: settings.required('TUF_LEDGER_TOKENS', 'the path of tokens.json'),
      schedules: settings.choice('TUF_LEDGER_SCHEDULER', ['on', 'off'], 'on') === 'on',
      cutMs: cutInterval(settings),
    };
  });
}
