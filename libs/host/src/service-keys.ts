// The private keys that services sign with, each in a file of its own. A service is given those that it needs and no others.

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
    online: await Promise.all(ONLINE_ROLES.map(role => loadKeyFile(keyFile(keys, KEY_FILES[role])))),
  };
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
