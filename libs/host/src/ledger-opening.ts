// Opens a ledger whose keys all lie in one data folder: a development ledger. The record that opens it and the signatures over
// its drafts are kept as files; the service appends them to an empty log. Killed anywhere, opening begins again with the same
// keys; the ledger has its name from when `ledger.json` is there, and nothing is appended before.

import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  encodeEnvelope,
  encodePayload,
  eventJson,
  KEYED_ROLES,
  type KeyedRole,
  type KeySet,
  type LedgerEvent,
  type LedgerOpened,
  ledgerName,
  OFFLINE_ROLES,
  type PathRule,
  type Permissions,
  type Policy,
  type PublisherEnrolled,
  preAuthEncoding,
  type SignedEntry,
} from '#ledger';
import type { Log } from '#log';
import { openingEvents, openingText } from '#projection';
import { createKeyFile, loadKeyFile, type SigningKey } from '#signing';
import { type BinLayout, type Crypto, formatExpires, toHex, utf8 } from '#tuf';
import { type LedgerFile, type LedgerFolder, writeWhole } from './ledger-folder.js';
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

/** The services that append records, and what each may. */
const PUBLISHERS: Readonly<Record<'gateway' | 'scheduler' | 'signer', Permissions>> = {
  gateway: { index: ['*'], delegate: true },
  scheduler: { cut: true },
  signer: { cut: true },
};

/** How a ledger is to be opened. */
export interface OpeningChoice {
  readonly origin: string;
  readonly bins: BinLayout;
  readonly pathRule: PathRule;
  readonly policy: Policy;
}

/** Opens the ledger of a data folder, or gives the one that was opened there before. `now` is in milliseconds. */
export async function openLedgerFolder(
  folder: LedgerFolder,
  choice: OpeningChoice,
  crypto: Crypto,
  now: number,
): Promise<LedgerFile> {
  const known = await folder.read();
  if (known) return known;
  const keys = await makeKeys(folder);
  const opened = openedEvent(choice, keys);
  const expires = formatExpires(Math.floor(now / 1000) + OFFLINE_LIFETIME_SECONDS);
  const publishers = Object.entries(PUBLISHERS).map(
    ([name, permissions]): PublisherEnrolled => ({
      type: 'publisher.enrolled',
      key: keys.get(name)!.key,
      permissions,
    }),
  );
  const events = openingEvents(opened, publishers, expires, crypto);
  const payload = encodePayload({ ledger: '', stream: 'admin', seq: 1, v: 1, events: events.map(eventJson) });
  const ledger = ledgerName(payload, crypto);
  await writeWhole(
    folder.openingFile,
    await seal(payload, [keys.get('administrator')!, keys.get('root')!]),
    0o644,
  );
  const signatures = await openingSignatures(opened, expires, keys, crypto);
  const event: LedgerEvent = { type: 'signed', signatures };
  const relayed = encodePayload({ ledger, stream: 'opening', seq: 1, v: 1, events: [eventJson(event)] });
  await writeWhole(folder.signaturesFile, await seal(relayed, [keys.get('gateway')!]), 0o644);
  await makeToken(folder);
  // Last: with this file the ledger counts as opened, and nothing above is made again.
  const file: LedgerFile = { ledger, opened };
  await writeWhole(folder.ledgerFile, `${JSON.stringify(file, null, 2)}\n`, 0o644);
  return file;
}

async function makeKeys(folder: LedgerFolder): Promise<Map<string, SigningKey>> {
  const purposes = ['administrator', ...Object.values(KEY_FILES), ...Object.keys(PUBLISHERS)];
  const keys = new Map<string, SigningKey>();
  await mkdir(dirname(folder.keyFile('root')), { recursive: true, mode: 0o700 });
  for (const purpose of purposes) {
    const path = folder.keyFile(purpose);
    if (!(await exists(path))) await createKeyFile(path);
    keys.set(purpose, await loadKeyFile(path));
  }
  return keys;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function openedEvent(choice: OpeningChoice, keys: ReadonlyMap<string, SigningKey>): LedgerOpened {
  const only = (purpose: string): KeySet => ({ keys: [keys.get(purpose)!.key], threshold: 1 });
  const roles = Object.fromEntries(KEYED_ROLES.map(role => [role, only(KEY_FILES[role])]));
  const { origin, pathRule, bins, policy } = choice;
  const administrators = only('administrator');
  return {
    type: 'ledger.opened',
    origin,
    pathRule,
    bins,
    administrators,
    roles: roles as Record<KeyedRole, KeySet>,
    policy,
  };
}

async function seal(payload: Uint8Array, keys: readonly SigningKey[]): Promise<Uint8Array> {
  const message = preAuthEncoding(payload);
  return encodeEnvelope(
    payload,
    await Promise.all(keys.map(async key => ({ keyid: key.keyid, sig: await key.sign(message) }))),
  );
}

async function openingSignatures(
  opened: LedgerOpened,
  expires: string,
  keys: ReadonlyMap<string, SigningKey>,
  crypto: Crypto,
): Promise<SignedEntry[]> {
  return Promise.all(
    OFFLINE_ROLES.map(async role => {
      const message = utf8(openingText(role, opened, expires, crypto));
      const key = keys.get(KEY_FILES[role])!;
      const sha256 = toHex(crypto.sha256(message));
      return { role, version: 1, sha256, keyid: key.keyid, sig: toHex(await key.sign(message)) };
    }),
  );
}

/** The token is shown once, in a file; what the gateway reads is its hash. */
async function makeToken(folder: LedgerFolder): Promise<void> {
  const token = randomBytes(32).toString('base64url');
  const sha256 = createHash('sha256').update(token).digest('hex');
  const permissions = ['index', 'delegate', 'relay'];
  await writeWhole(folder.tokenFile, `${token}\n`, 0o600);
  await writeWhole(
    folder.tokensFile,
    `${JSON.stringify({ tokens: [{ name: 'publisher', sha256, permissions }] }, null, 2)}\n`,
    0o600,
  );
}

/** Appends the opening of a data folder to a log that is empty; does nothing to one that is not. */
export async function appendOpening(folder: LedgerFolder, log: Log): Promise<void> {
  const { end } = await log.bounds();
  if (end > 0) return;
  await log.append([await readFile(folder.openingFile), await readFile(folder.signaturesFile)]);
}
