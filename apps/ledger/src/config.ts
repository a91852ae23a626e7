// The settings of a ledger in one process, all checked at once: whoever starts it learns of every fault in one go.

import { addressOf, cutInterval, type Environment, readSettings } from '#host';
import { isBinCount, MAX_BINS, MIN_BINS } from '#tuf';

export interface LedgerConfig {
  readonly dataFolder: string;
  readonly host: string;
  readonly port: number;
  /** Bins of a ledger that is opened now; a ledger that is there keeps its own. */
  readonly bins: number;
  /** Least time between cuts, in milliseconds; 0 is as soon as there is something to publish. */
  readonly cutMs: number;
}

const DEFAULTS = {
  TUF_LEDGER_DATA: './data',
  HOST: '127.0.0.1',
  PORT: '8458',
  TUF_LEDGER_BINS: '256',
  TUF_LEDGER_CUT_MS: '0',
};

/**
 * The settings in an environment.
 * @throws HostError `config-invalid` that names every setting that is wrong.
 */
export function readConfig(environment: Environment): LedgerConfig {
  return readSettings(environment, settings => {
    const { TUF_LEDGER_DATA, HOST, PORT, TUF_LEDGER_BINS, TUF_LEDGER_CUT_MS } = DEFAULTS;
    const range = { min: MIN_BINS, max: MAX_BINS, fallback: TUF_LEDGER_BINS };
    const bins = settings.integer('TUF_LEDGER_BINS', range);
    if (!isBinCount(bins)) settings.faults.push(`TUF_LEDGER_BINS is "${bins}"; it must be a power of two.`);
    return {
      dataFolder: settings.text('TUF_LEDGER_DATA', TUF_LEDGER_DATA),
      ...addressOf(settings, { host: HOST, port: PORT }),
      bins,
      cutMs: cutInterval(settings, TUF_LEDGER_CUT_MS),
    };
  });
}
