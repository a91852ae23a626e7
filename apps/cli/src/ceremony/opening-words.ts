// An opening in words, for those who sign it.

import { KEYED_ROLES, type KeySet, roleKeysOf } from '#ledger';
import { nativeCrypto } from '#signing';
import { roleKeysJson } from '#tuf';
import { type Opening, SIGNED_PARTS } from './opening-file.js';
import { shortKeyid, signatureLines } from './proposal-words.js';

const HOUR_SECONDS = 3_600;

export function openingLines({ opened, ledger, expires }: Opening): string[] {
  const { origin, bins, pathRule, administrators, roles, policy } = opened;
  const hours = (seconds: number) => `${seconds / HOUR_SECONDS} h`;
  return [
    `The ledger ${origin} begins: ${ledger}`,
    `  ${bins.count} hash bins (${bins.scheme}), path rule ${pathRule}`,
    `  administrators: ${keysText(administrators)}`,
    ...KEYED_ROLES.map(role => `  ${role}: ${keysText(roles[role])}`),
    `  root 1, targets 1 and bins 1 are valid until ${expires}; timestamps ${hours(policy.timestamp.lifetime)}, snapshots ${hours(policy.snapshot.lifetime)}, hash bins ${hours(policy.hashBins.lifetime)}`,
  ];
}

function keysText(set: KeySet): string {
  const { keyids, threshold } = roleKeysJson(roleKeysOf(set, nativeCrypto));
  return `${threshold} of ${keyids.map(shortKeyid).join(', ')}`;
}

/** What is signed, and who is missing, part by part. */
export function openingSignatureLines(opening: Opening): string[] {
  return SIGNED_PARTS.flatMap(part => {
    const requirements = opening.requirements(part).map(roleKeysJson);
    const what = part === 'record' ? ['the record, administrators', 'the record, root'] : [`${part} 1`];
    return signatureLines(requirements, opening.signers(part), []).map((line, i) => `  ${what[i]}: ${line}`);
  });
}

export function isOpeningComplete(opening: Opening): boolean {
  return SIGNED_PARTS.every(part => opening.isComplete(part));
}
