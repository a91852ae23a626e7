// The opening of a ledger as files of its data folder: the record that opens it, the signatures over its drafts, the keys of its services and a
// token. Whoever holds the offline keys, in the data folder or elsewhere, the files come to be the same way; killed anywhere, the writing
// begins again with the same keys. The ledger has its name from when `ledger.json` is there, and nothing is appended before.

import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  decodeEvent,
  decodePayload,
  type EnvelopeSignature,
  encodeEnvelope,
  encodePayload,
  eventJson,
  type KeyedRole,
  type KeySet,
  type LedgerEvent,
  type LedgerOpened,
  ledgerName,
  type PathRule,
  type Permissions,
  type Policy,
  type PublisherEnrolled,
  preAuthEncoding,
  type SignedEntry,
} from '#ledger';
import { openingEvents } from '#projection';
import { createKeyFile, loadKeyFile, type SigningKey } from '#signing';
import type { BinLayout, Crypto } from '#tuf';
import { HostError } from './errors.js';
import { type LedgerFile, type LedgerFolder, writeWhole } from './ledger-folder.js';

/** The services that append records, and what each may. */
export const PUBLISHERS: Readonly<Record<'gateway' | 'scheduler' | 'signer', Permissions>> = {
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

/** Who may say what from the first record on. */
export interface OpeningKeys {
  readonly roles: Readonly<Record<KeyedRole, KeySet>>;
  readonly administrators: KeySet;
  /** The keys of the services that append, by their names. */
  readonly publishers: Readonly<Record<keyof typeof PUBLISHERS, SigningKey>>;
}

/** The payload of an opening record, whose drafts expire at `expires` (the text of the field). */
export function openingPayload(
  choice: OpeningChoice,
  keys: OpeningKeys,
  expires: string,
  crypto: Crypto,
): Uint8Array {
  const { origin, pathRule, bins, policy } = choice;
  const { administrators, roles } = keys;
  const opened: LedgerOpened = {
    type: 'ledger.opened',
    origin,
    pathRule,
    bins,
    administrators,
    roles,
    policy,
  };
  const publishers = Object.entries(PUBLISHERS).map(
    ([name, permissions]): PublisherEnrolled => ({
      type: 'publisher.enrolled',
      key: keys.publishers[name as keyof typeof PUBLISHERS].key,
      permissions,
    }),
  );
  const events = openingEvents(opened, publishers, expires, crypto);
  return encodePayload({ ledger: '', stream: 'admin', seq: 1, v: 1, events: events.map(eventJson) });
}

/** What makes a payload an opening that was signed. */
export interface OpeningSignatures {
  /** Over the record, by administrators and root keys. */
  readonly record: readonly EnvelopeSignature[];
  /** Over root 1, targets 1 and `bins` 1. */
  readonly drafts: readonly SignedEntry[];
}

/** Writes the files of an opening; with the last of them the ledger counts as opened, and nothing is made again. */
export async function writeOpening(
  folder: LedgerFolder,
  { payload, opened }: { readonly payload: Uint8Array; readonly opened: LedgerOpened },
  { record, drafts }: OpeningSignatures,
  gateway: SigningKey,
  crypto: Crypto,
): Promise<LedgerFile> {
  const ledger = ledgerName(payload, crypto);
  await writeWhole(folder.openingFile, encodeEnvelope(payload, record), 0o644);
  const event: LedgerEvent = { type: 'signed', signatures: drafts };
  const relayed = encodePayload({ ledger, stream: 'opening', seq: 1, v: 1, events: [eventJson(event)] });
  const sig = await gateway.sign(preAuthEncoding(relayed));
  await writeWhole(folder.signaturesFile, encodeEnvelope(relayed, [{ keyid: gateway.keyid, sig }]), 0o644);
  await makeToken(folder);
  const file: LedgerFile = { ledger, opened };
  await writeWhole(folder.ledgerFile, `${JSON.stringify(file, null, 2)}\n`, 0o644);
  return file;
}

/** The keys of these purposes in a data folder; those that are missing are made. */
export async function makeKeys<P extends string>(
  folder: LedgerFolder,
  purposes: readonly P[],
): Promise<Record<P, SigningKey>> {
  const keys: [P, SigningKey][] = [];
  await mkdir(dirname(folder.keyFile('root')), { recursive: true, mode: 0o700 }).catch((error: Error) => {
    throw new HostError('data-folder-unwritable', `${folder.path} can't be written: ${error.message}.`, {
      cause: error,
    });
  });
  for (const purpose of purposes) {
    const path = folder.keyFile(purpose);
    if (!(await exists(path))) await createKeyFile(path);
    keys.push([purpose, await loadKeyFile(path)]);
  }
  return Object.fromEntries(keys) as Record<P, SigningKey>;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** A set of one key. */
export function onlyKey({ key }: SigningKey): KeySet {
  return { keys: [key], threshold: 1 };
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

/** What the payload of an opening opens. @throws HostError `config-invalid` where it is none. */
export function openedOf(payload: Uint8Array): LedgerOpened {
  const [raw] = decodePayload(payload)?.events ?? [];
  const opened = raw && decodeEvent(raw);
  if (opened && 'type' in opened && opened.type === 'ledger.opened') return opened;
  throw new HostError('config-invalid', 'The payload opens no ledger.');
}
