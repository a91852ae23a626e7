// The settings of a ledger in one process, all checked at once: whoever starts it learns of every fault in one go.

import { HostError } from '#host';
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
const MAX_CUT_MS = 86_400_000;

/**
 * The settings in an environment.
 * @throws HostError `config-invalid` that names every setting that is wrong.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): LedgerConfig {
  const faults: string[] = [];
  const setting = (name: keyof typeof DEFAULTS) => environment[name] || DEFAULTS[name];
  const integer = (name: keyof typeof DEFAULTS, min: number, max: number): number => {
    const text = setting(name);
    const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    faults.push(`${name} is "${text}"; it must be a whole number from ${min} to ${max}.`);
    return min;
  };
  const bins = integer('TUF_LEDGER_BINS', MIN_BINS, MAX_BINS);
  if (!isBinCount(bins)) faults.push(`TUF_LEDGER_BINS is "${bins}"; it must be a power of two.`);
  const config: LedgerConfig = {
    dataFolder: setting('TUF_LEDGER_DATA'),
    host: setting('HOST'),
    port: integer('PORT', 0, 65_535),
    bins,
    cutMs: integer('TUF_LEDGER_CUT_MS', 0, MAX_CUT_MS),
  };
  if (faults.length > 0) throw new HostError('config-invalid', faults.join(' '));
  return config;
}
