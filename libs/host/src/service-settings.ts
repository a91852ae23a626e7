// The settings that every service of a ledger has when it runs as a process of its own.

import { type LedgerFile, parseLedgerFile } from './ledger-folder.js';
import { postgresUrl } from './log-target.js';
import type { Settings } from './settings.js';

const DEFAULT_HOST = '127.0.0.1';
/** One day. */
const MAX_CUT_MS = 86_400_000;
const MAX_PORT = 65_535;
const PREFIX_FORM = /^[a-z][a-z0-9_]{0,30}$/;
const DEFAULT_PREFIX = 'tuf';
const DATABASE_FORM = 'a URL of the form postgres://user:password@host:port/database';

/** The port that each service listens on if no other is set. Shards of projector-targets count upwards from theirs. */
const SERVICE_PORTS = {
  gateway: 8458,
  repository: 8459,
  signer: 8460,
  'projector-root': 8461,
  'projector-snapshot': 8462,
  'projector-timestamp': 8463,
  'projector-targets': 8464,
} as const;
export type RunnableService = keyof typeof SERVICE_PORTS;

/** Where a process listens. */
export interface Address {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface ServiceSettings {
  /** The ledger that the service is of. */
  readonly file: LedgerFile;
  readonly address: Address;
}

/** Where the projections are. */
export interface DatabaseSettings {
  /** A `postgres://` URL. */
  readonly url: string;
  /** The prefix of the ledger's schemas. */
  readonly prefix: string;
}

export function serviceSettings(settings: Settings, service: RunnableService): ServiceSettings {
  return {
    file: ledgerFile(settings),
    address: addressOf(settings, { host: DEFAULT_HOST, port: SERVICE_PORTS[service] }),
  };
}

/** HOST and PORT. */
export function addressOf(
  settings: Settings,
  fallback: { readonly host: string; readonly port: number | string },
): Address {
  return {
    host: settings.text('HOST', fallback.host),
    port: settings.integer('PORT', { min: 0, max: MAX_PORT, fallback: fallback.port }),
  };
}

const NO_LEDGER = { ledger: '', opened: {} } as LedgerFile;

function ledgerFile(settings: Settings): LedgerFile {
  const path = settings.required('TUF_LEDGER_FILE', 'the path of the ledger.json of a ledger');
  const text = settings.file('TUF_LEDGER_FILE');
  if (text === undefined) return NO_LEDGER;
  const file = parseLedgerFile(text);
  if (!file) settings.faults.push(`TUF_LEDGER_FILE names ${path}, which is not a ledger.json.`);
  return file ?? NO_LEDGER;
}

export function databaseSettings(settings: Settings): DatabaseSettings {
  const text = settings.required('TUF_LEDGER_DATABASE', DATABASE_FORM);
  const url = postgresUrl(text, settings.secret('TUF_LEDGER_DATABASE_PASSWORD'));
  // The text may hold a password, so it is not repeated.
  if (!url && text !== '') settings.faults.push(`TUF_LEDGER_DATABASE is not ${DATABASE_FORM}.`);
  const prefix = settings.text('TUF_LEDGER_SCHEMA', DEFAULT_PREFIX);
  if (!PREFIX_FORM.test(prefix)) {
    settings.faults.push(
      `TUF_LEDGER_SCHEMA is "${prefix}"; it must be a letter and up to 30 more of a-z, 0-9 and "_".`,
    );
  }
  return { url: url?.href ?? '', prefix };
}

/** The folder of a service's keys. */
export function keysFolder(settings: Settings): string {
  return settings.required('TUF_LEDGER_KEYS', "the folder of the service's private keys");
}

/** The least time between two cuts of a scheduler, in milliseconds; 0 is as soon as there is something to publish. */
export function cutInterval(settings: Settings, fallback: number | string = 0): number {
  return settings.integer('TUF_LEDGER_CUT_MS', { min: 0, max: MAX_CUT_MS, fallback });
}
