// The private keys that services sign with, each in a file of its own. A service is given those that it needs and no others.
//
// An online role may have several: `timestamp.pem`, and any `timestamp-NAME.pem` beside it. While one is replaced by another the signer
// needs both; with which it signs, the ledger says.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyedRole } from '#ledger';
import { loadKeyFile, type SigningKey } from '#signing';
import { keyFile, type LedgerFolder } from './ledger-folder.js';

/** The file of each role's key, by role. Every role has a key of its own. */
export const KEY_FILES: Readonly<Record<KeyedRole, string>> = {
  root: 'root',
  targets: 'targets',
  bins: 'bins',
  hashBins: 'hash-bins',
  snapshot: 'snapshot',
  timestamp: 'timestamp',
  checkpoint: 'checkpoint',
};
const ONLINE_ROLES = ['hashBins', 'snapshot', 'timestamp'] as const satisfies readonly KeyedRole[];

export interface SignerKeys {
  /** The publisher's as which signatures are appended. */
  readonly signer: SigningKey;
  /** The online roles'. */
  readonly online: readonly SigningKey[];
}

/** A service's own key from a folder of keys, by the service's name. @throws SigningError. */
export function loadPublisherKey(
  keys: string,
  name: 'gateway' | 'scheduler' | 'signer',
): Promise<SigningKey> {
  return loadKeyFile(keyFile(keys, name));
}

/** @throws SigningError. */
export async function loadSignerKeys(keys: string): Promise<SignerKeys> {
  return {
    signer: await loadPublisherKey(keys, 'signer'),
    online: (await Promise.all(ONLINE_ROLES.map(role => loadKeysOf(keys, KEY_FILES[role])))).flat(),
  };
}

/** All keys of a role; there must be one. */
async function loadKeysOf(keys: string, purpose: string): Promise<SigningKey[]> {
  const form = new RegExp(`^${purpose}(-[A-Za-z0-9._]+)?\\.pem$`);
  const names = await readdir(keys).catch(() => []);
  const files = names.filter(name => form.test(name)).sort();
  if (files.length === 0) return [await loadKeyFile(keyFile(keys, purpose))];
  return Promise.all(files.map(name => loadKeyFile(join(keys, name))));
}

/** The keys with which the services of a data folder sign. */
export async function loadServiceKeys({
  keys,
}: LedgerFolder): Promise<SignerKeys & { readonly gateway: SigningKey; readonly scheduler: SigningKey }> {
  const [gateway, scheduler, signing] = await Promise.all([
    loadPublisherKey(keys, 'gateway'),
    loadPublisherKey(keys, 'scheduler'),
    loadSignerKeys(keys),
  ]);
  return { gateway, scheduler, ...signing };
}
