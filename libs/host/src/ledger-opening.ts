// Opens a ledger. A development ledger has all of its keys in one data folder; of one that is opened by a ceremony only the services' keys
// are there, and keyholders sign elsewhere.

import { readFile } from 'node:fs/promises';
import {
  KEYED_ROLES,
  type KeyedRole,
  type KeySet,
  type LedgerOpened,
  ledgerName,
  OFFLINE_ROLES,
  type OfflineRole,
  type Policy,
  preAuthEncoding,
  type SignedEntry,
} from '#ledger';
import type { Log } from '#log';
import { openingText } from '#projection';
import type { SigningKey } from '#signing';
import { type Crypto, formatExpires, toHex, utf8 } from '#tuf';
import { HostError } from './errors.js';
import { type LedgerFile, type LedgerFolder, writeWhole } from './ledger-folder.js';
import {
  makeKeys,
  type OpeningChoice,
  onlyKey,
  openedOf,
  openingPayload,
  PUBLISHERS,
  writeOpening,
} from './opening-record.js';
import { KEY_FILES } from './service-keys.js';

const DAY_SECONDS = 86_400;
/** How long root, targets and `bins` are valid: one year (PEP 458). */
const OFFLINE_LIFETIME_SECONDS = 365 * DAY_SECONDS;
/** Online roles: one day (PEP 458), renewed in the last half of it at the latest. */
const ONLINE_LIFETIME = { lifetime: DAY_SECONDS, window: DAY_SECONDS / 2 };

/** The policy of a ledger that says nothing else. */
export const DEFAULT_POLICY: Policy = {
  hashBins: ONLINE_LIFETIME,
  snapshot: ONLINE_LIFETIME,
  timestamp: ONLINE_LIFETIME,
  cutInterval: 1,
  overlap: DAY_SECONDS * 1000,
};

const ONLINE_KEYS = [
  'hashBins',
  'snapshot',
  'timestamp',
  'checkpoint',
] as const satisfies readonly KeyedRole[];
const SERVICES = Object.keys(PUBLISHERS) as (keyof typeof PUBLISHERS)[];

/** Opens the ledger of a data folder, or gives the one that was opened there before. `now` is in milliseconds. */
export async function openLedgerFolder(
  folder: LedgerFolder,
  choice: OpeningChoice,
  crypto: Crypto,
  now: number,
): Promise<LedgerFile> {
  const known = await folder.read();
  if (known) return known;
  await requireNoCeremony(folder);
  const keys = await makeKeys(folder, ['administrator', ...Object.values(KEY_FILES), ...SERVICES]);
  const roles = Object.fromEntries(KEYED_ROLES.map(role => [role, onlyKey(keys[KEY_FILES[role]]!)]));
  const expires = formatExpires(Math.floor(now / 1000) + OFFLINE_LIFETIME_SECONDS);
  const payload = openingPayload(
    choice,
    {
      roles: roles as Record<KeyedRole, KeySet>,
      administrators: onlyKey(keys.administrator!),
      publishers: publishersOf(keys),
    },
    expires,
    crypto,
  );
  const opened = openedOf(payload);
  const message = preAuthEncoding(payload);
  const record = await Promise.all(
    [keys.administrator!, keys.root!].map(async key => ({ keyid: key.keyid, sig: await key.sign(message) })),
  );
  const drafts = await Promise.all(
    OFFLINE_ROLES.map(role => openingSignature(keys[KEY_FILES[role]]!, role, { opened, expires }, crypto)),
  );
  return writeOpening(folder, { payload, opened }, { record, drafts }, keys.gateway!, crypto);
}

function publishersOf(keys: Readonly<Record<string, SigningKey>>) {
  const { gateway, scheduler, signer } = keys;
  return { gateway: gateway!, scheduler: scheduler!, signer: signer! };
}

/** A keyholder's signature over the first version of an offline role. */
export async function openingSignature(
  key: SigningKey,
  role: OfflineRole,
  { opened, expires }: { readonly opened: LedgerOpened; readonly expires: string },
  crypto: Crypto,
): Promise<SignedEntry> {
  const message = utf8(openingText(role, opened, expires, crypto));
  const sha256 = toHex(crypto.sha256(message));
  return { role, version: 1, sha256, keyid: key.keyid, sig: toHex(await key.sign(message)) };
}

/** The keys of people, by what they may do. */
export interface Keyholders {
  readonly root: KeySet;
  readonly targets: KeySet;
  readonly bins: KeySet;
  readonly administrators: KeySet;
}

/**
 * The payload of an opening whose offline keys are elsewhere, for their holders to sign; makes the services' keys in the data
 * folder. `expires` is the text of the field.
 */
export async function prepareOpening(
  folder: LedgerFolder,
  choice: OpeningChoice,
  { administrators, ...offline }: Keyholders,
  expires: string,
  crypto: Crypto,
): Promise<Uint8Array> {
  const purposes = [...ONLINE_KEYS.map(role => KEY_FILES[role]), ...SERVICES];
  const keys = await makeKeys(folder, purposes);
  const online = Object.fromEntries(ONLINE_KEYS.map(role => [role, onlyKey(keys[KEY_FILES[role]]!)]));
  const roles = { ...offline, ...online } as Record<KeyedRole, KeySet>;
  const payload = openingPayload(
    choice,
    { roles, administrators, publishers: publishersOf(keys) },
    expires,
    crypto,
  );
  await writeWhole(folder.proposedFile, `${ledgerName(payload, crypto)}\n`, 0o644);
  return payload;
}

/** A folder in which a ceremony has begun must not become a development ledger by a start that came too early. */
async function requireNoCeremony({ path, proposedFile }: LedgerFolder): Promise<void> {
  const proposed = await readFile(proposedFile, 'utf8').catch(() => undefined);
  if (proposed === undefined) return;
  throw new HostError(
    'config-invalid',
    `In ${path} a ledger is being opened by a ceremony (${proposed.trim().slice(0, 16)}): finish it by tuf-ledger open --offline --finish, or delete ${proposedFile} to give it up`,
  );
}

/** Appends the opening of a data folder to a log that is empty; does nothing to one that is not. */
export async function appendOpening(folder: LedgerFolder, log: Log): Promise<void> {
  const { end } = await log.bounds();
  if (end > 0) return;
  await log.append([await readFile(folder.openingFile), await readFile(folder.signaturesFile)]);
}
