// What administrators say: events in a record of their stream, signed here by the threshold of their keys. Their next sequence
// number, their keys and the active rules are read from the log itself, so nothing that the server says is taken on trust.

import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import {
  ADMIN_STREAM,
  type Authority,
  encodeEnvelope,
  encodePayload,
  eventJson,
  type LedgerEvent,
  preAuthEncoding,
  type RawEvent,
} from '#ledger';
import type { SigningKey } from '#signing';
import { FoldedLog } from './ceremony/folded-log.js';
import { type Environment, print, printJson } from './environment.js';
import { CliError } from './errors.js';
import { ExitCode } from './exit-code.js';
import type { Outcome } from './gateway-answers.js';
import { readPrivateKeys } from './key-files.js';
import { gatewayToAppend, type TokenOptions, withTokenOptions } from './server-options.js';

export interface AdministratorOptions extends TokenOptions {
  readonly data?: string;
  readonly administratorKey: readonly string[];
  readonly passphraseFile?: string;
}

/** Where an administrators' record stands, and what became of its events as far as that is known already. */
interface Said {
  readonly position: number;
  readonly outcomes: readonly Outcome[] | undefined;
}

/** Adds --server, --json, --token-file, --data and --administrator-key. */
export function withAdministratorOptions(command: Command): Command {
  return withTokenOptions(command)
    .option('--data <folder>', 'the data folder (default: TUF_LEDGER_DATA, or ./data)')
    .option(
      '--administrator-key <file>',
      "an administrator's private key, as often as the threshold asks (default: keys/administrator.pem of the data folder)",
      collected,
      [],
    )
    .option(
      '--passphrase-file <file>',
      'the file that holds the passphrase of an encrypted key (default: TUF_LEDGER_PASSPHRASE, or it is asked for)',
    );
}

/** For options that may be given several times. */
export function collected(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

/** Says one event about the publisher `keyid`, waits for what becomes of it, and prints that. */
export async function administrate(
  event: LedgerEvent,
  keyid: string,
  options: AdministratorOptions,
  environment: Environment,
): Promise<void> {
  const { position, outcomes } = await sayAll([eventJson(event)], options, environment);
  const outcome = outcomes?.[0];
  const { result, code, detail } = outcome ?? {};
  if (options.json) {
    printJson(environment, {
      keyid,
      position,
      result: result ?? null,
      ...(code !== undefined && { code, detail }),
    });
  } else {
    const what = result === 'rejected' ? `rejected: ${code}: ${detail}` : (result ?? 'not decided yet');
    print(environment, keyid, `${event.type} (position ${position}): ${what}`);
  }
  if (!outcome) environment.exitCode = ExitCode.pending;
  else if (result === 'rejected') environment.exitCode = ExitCode.refused;
}

/** Says events in one record, and waits for what becomes of them. */
export async function sayAll(
  events: readonly RawEvent[],
  options: AdministratorOptions,
  environment: Environment,
): Promise<Said> {
  const data = resolve(options.data ?? environment.variables.TUF_LEDGER_DATA ?? './data');
  const variables = { ...environment.variables, TUF_LEDGER_DATA: data };
  const gateway = await gatewayToAppend(options, { ...environment, variables });
  const files = options.administratorKey;
  const keys = await readPrivateKeys(
    files.length > 0 ? files : [join(data, 'keys', 'administrator.pem')],
    options,
    environment,
  );
  const log = await FoldedLog.read(gateway, { data }, environment);
  const envelope = await administratorsRecord(log, events, keys);
  const { positions, outcomes } = await gateway.appendEnvelope(envelope, true);
  return { position: positions[0]!, outcomes };
}

/** A record of events by the administrators. @throws CliError `not-permitted` where these keys are not exactly their threshold. */
export async function administratorsRecord(
  { authority, ledger }: FoldedLog,
  events: readonly RawEvent[],
  keys: readonly SigningKey[],
): Promise<Uint8Array<ArrayBuffer>> {
  requireAdministrators(authority, keys);
  const seq = (authority.sequences.get('')?.get(ADMIN_STREAM) ?? 0) + 1;
  return seal(encodePayload({ ledger, stream: ADMIN_STREAM, seq, v: authority.rules, events }), keys);
}

function requireAdministrators({ administrators }: Authority, keys: readonly SigningKey[]): void {
  const stranger = keys.find(({ keyid }) => !administrators.keys.has(keyid));
  const distinct = new Set(keys.map(({ keyid }) => keyid)).size;
  if (!stranger && distinct === keys.length && distinct === administrators.threshold) return;
  throw new CliError(
    'not-permitted',
    stranger
      ? `The key ${stranger.keyid} is none of this ledger's administrators'.`
      : `${distinct} different keys were given, and the administrators' threshold is ${administrators.threshold}.`,
    'Give exactly as many of their keys as the threshold asks, each by an --administrator-key.',
  );
}

async function seal(payload: Uint8Array, keys: readonly SigningKey[]): Promise<Uint8Array<ArrayBuffer>> {
  const message = preAuthEncoding(payload);
  const signatures = await Promise.all(
    keys.map(async key => ({ keyid: key.keyid, sig: await key.sign(message) })),
  );
  return Uint8Array.from(encodeEnvelope(payload, signatures));
}
