// The options by which a proposal says who comes and who goes: `--add timestamp=new.pub`, `--remove root=KEYID`, `--revoke snapshot=KEYID`,
// `--threshold root=2`; and the key events that they come to.

import { CARRIED, type KeyedRole, type KeySet, keySetOf, type OfflineRole } from '#ledger';
import type { KeyEvent, Trust } from '#projection';
import { nativeCrypto } from '#signing';
import { isHex, type Key, keyid as keyidOf, type RoleKeys } from '#tuf';
import { CliError } from '../errors.js';
import { readPublicKey } from '../key-files.js';

export interface KeyOptions {
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly revoke: readonly string[];
  readonly threshold: readonly string[];
}

/** A keyid may be shortened to so many digits. */
const MIN_KEYID_DIGITS = 8;

/** The key events that the options ask for, against the keys in force. @throws CliError `arguments-invalid`. */
export async function keyEvents(
  trust: Trust,
  drafted: OfflineRole,
  options: KeyOptions,
): Promise<KeyEvent[]> {
  const changes = new Map<KeyedRole, RoleKeys>();
  const carries = trust.get(drafted)!.carries!;
  const current = (role: KeyedRole) => changes.get(role) ?? carries.get(role)!;
  for (const [role, file] of pairs(options.add, drafted, '--add')) {
    const key = await readPublicKey(file);
    changes.set(role, withKey(current(role), key));
  }
  for (const [role, prefix] of pairs(options.remove, drafted, '--remove')) {
    const keyid = findKeyid(current(role), prefix, role);
    const { keys, threshold } = current(role);
    changes.set(role, { keys: new Map([...keys].filter(([id]) => id !== keyid)), threshold });
  }
  for (const [role, count] of pairs(options.threshold, drafted, '--threshold'))
    changes.set(role, { ...current(role), threshold: Number(count) });
  const rotated = [...changes].map(([role, keys]): KeyEvent => rotation(role, keySetOf(keys)));
  const revoked = pairs(options.revoke, drafted, '--revoke').map(
    ([role, prefix]): KeyEvent => ({
      type: 'key.revoked',
      role,
      keyid: findKeyid(current(role), prefix, role),
    }),
  );
  return [...rotated, ...revoked];
}

function rotation(role: KeyedRole, { keys, threshold }: KeySet): KeyEvent {
  if (Number.isSafeInteger(threshold) && threshold >= 1 && threshold <= keys.length)
    return { type: 'key.rotated', role, keys, threshold };
  throw new CliError(
    'arguments-invalid',
    `${role} would have ${keys.length} keys and the threshold ${threshold}.`,
    `Give --threshold ${role}=N with N from 1 to the number of keys, or add keys.`,
  );
}

/** `role=value` options, each for a role whose keys stand in the one that is drafted. */
function pairs(options: readonly string[], drafted: OfflineRole, name: string): [KeyedRole, string][] {
  return options.map(option => {
    const at = option.indexOf('=');
    const role = CARRIED[drafted].find(carried => carried === option.slice(0, Math.max(0, at)));
    if (role) return [role, option.slice(at + 1)];
    throw new CliError(
      'arguments-invalid',
      `${name} ${option} is not of the form ROLE=VALUE with a role whose keys stand in ${drafted}.`,
      `Those are ${CARRIED[drafted].join(', ')}; the keys of bins stand in targets, those of hashBins in bins (--for).`,
    );
  });
}

function withKey({ keys, threshold }: RoleKeys, key: Key): RoleKeys {
  return { keys: new Map([...keys, [keyidOf(key, nativeCrypto), key]]), threshold };
}

function findKeyid({ keys }: RoleKeys, prefix: string, role: string): string {
  const found = [...keys.keys()].filter(keyid => keyid.startsWith(prefix));
  if (isHex(prefix.padEnd(64, '0'), 32) && prefix.length >= MIN_KEYID_DIGITS && found.length === 1)
    return found[0]!;
  throw new CliError(
    'arguments-invalid',
    `${prefix} names ${found.length === 0 ? 'no key' : 'no single key'} of ${role}.`,
    `Give ${MIN_KEYID_DIGITS} or more of the first digits of a keyid: ${[...keys.keys()].join(', ')}.`,
  );
}

/** Roles that would share a key; whoever holds it speaks for all of them. */
export function sharedKeys(trust: Trust, drafted: OfflineRole, events: readonly KeyEvent[]): string[] {
  const sets = new Map<string, readonly string[]>();
  for (const { carries } of trust.values())
    for (const [role, { keys }] of carries ?? []) sets.set(role, [...keys.keys()]);
  for (const event of events)
    if (event.type === 'key.rotated')
      sets.set(
        event.role,
        event.keys.map(key => keyidOf(key, nativeCrypto)),
      );
  const changed = new Set(events.map(({ role }) => role));
  const carried = CARRIED[drafted].filter(role => changed.has(role));
  return carried.flatMap(role =>
    [...sets].flatMap(([other, keyids]) =>
      other === role
        ? []
        : keyids
            .filter(keyid => sets.get(role)!.includes(keyid))
            .map(keyid => `${keyid} of ${role} is a key of ${other} too`),
    ),
  );
}
