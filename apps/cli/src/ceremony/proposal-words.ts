// What a proposal changes, in words, from the two metadata parts alone: so that keyholders see what they sign and not what somebody
// says of it.

import { isJsonObject, type Json, type JsonObject } from '#tuf';
import type { Proposal, Requirement } from './proposal-file.js';

/** How many digits of a keyid people are shown; no two keys of a ledger share so many. */
const SHOWN_DIGITS = 16;
const DAY_MS = 86_400_000;

export const shortKeyid = (keyid: string): string => keyid.slice(0, SHOWN_DIGITS);

/** Lines that tell what is proposed, against the version before it. `now` is in milliseconds. */
export function proposalLines(
  { role, draft, before, signed, ledger, origin, events }: Proposal,
  now: number,
): string[] {
  const changes = keyChanges({ before, signed, events });
  const days = Math.floor((Date.parse(draft.expires) - now) / DAY_MS);
  return [
    `${role} ${draft.version} of ${origin} (ledger ${shortKeyid(ledger)}), after ${role} ${before.version}`,
    `  valid until ${draft.expires} (${days} days from now); ${role} ${before.version} until ${before.expires}`,
    ...(changes.length > 0 ? changes.map(line => `  ${line}`) : ['  keys and thresholds stay as they are']),
    '  so that from then on these sign:',
    ...[...requirementsIn(signed)].map(
      ([name, set]) => `    ${name}: ${thresholdText(set)}: ${set.keyids.map(shortKeyid).join(', ')}`,
    ),
    `  SHA-256 of what is signed: ${draft.sha256}`,
  ];
}

function keyChanges({ before, signed, events }: Pick<Proposal, 'before' | 'signed' | 'events'>): string[] {
  const [old, next] = [requirementsIn(before), requirementsIn(signed)];
  const revoked = new Set(events.filter(({ type }) => type === 'key.revoked').map(({ keyid }) => keyid));
  const lines: string[] = [];
  for (const [role, now] of next) {
    const was = old.get(role) ?? { keyids: [], threshold: 0 };
    for (const keyid of now.keyids)
      if (!was.keyids.includes(keyid)) lines.push(`${role}: ${describeKey(signed, keyid)} comes`);
    for (const keyid of was.keyids)
      if (!now.keyids.includes(keyid))
        lines.push(
          `${role}: ${describeKey(before, keyid)} goes${revoked.has(keyid) ? ' at once (revoked)' : ', as planned'}`,
        );
    if (was.threshold !== now.threshold || was.keyids.length !== now.keyids.length)
      lines.push(`${role}: ${thresholdText(was)} becomes ${thresholdText(now)}`);
  }
  return lines;
}

function thresholdText({ keyids, threshold }: Requirement): string {
  return `${threshold} of ${keyids.length}`;
}

function describeKey(signed: JsonObject, keyid: string): string {
  const holder = isJsonObject(signed.delegations as Json) ? (signed.delegations as JsonObject) : signed;
  const key = (holder.keys as JsonObject | undefined)?.[keyid] as JsonObject | undefined;
  return `key ${shortKeyid(keyid)} (${key?.scheme ?? 'unknown'})`;
}

/** Who may sign each role that a metadata part names. */
function requirementsIn(signed: JsonObject): Map<string, Requirement> {
  const { roles, delegations } = signed as unknown as {
    roles?: Record<string, Requirement>;
    delegations?: { roles?: (Requirement & { name: string })[]; succinct_roles?: Requirement };
  };
  if (roles) return new Map(Object.entries(roles));
  if (delegations?.succinct_roles) return new Map([['hash bins', delegations.succinct_roles]]);
  const [first, second] = delegations?.roles ?? [];
  // All hash bins have one set of keys.
  if (first && second) return new Map([['hash bins', first]]);
  return new Map(first ? [[first.name, first]] : []);
}

/** The keys in force come first, those that the version brings second. */
const SETS = ['of the keys in force', 'of the new key set'];

/** For each set of keys how many have signed, and who is missing. */
export function signatureLines(
  requirements: readonly Requirement[],
  signers: readonly string[],
  sets: readonly string[] = requirements.length > 1 ? SETS : [],
): string[] {
  return requirements.map(({ keyids, threshold }, i) => {
    const of = sets[i] === undefined ? '' : ` ${sets[i]}`;
    const signed = keyids.filter(keyid => signers.includes(keyid));
    const missing = keyids.filter(keyid => !signers.includes(keyid));
    const state = signed.length >= threshold ? 'enough' : `${threshold - signed.length} more needed`;
    const who = (list: readonly string[]) => (list.length > 0 ? list.map(shortKeyid).join(', ') : 'nobody');
    return `${signed.length} of ${threshold}${of} have signed (${state}): ${who(signed)}; not: ${who(missing)}`;
  });
}

/** Whether the signers meet every set's threshold. */
export function areEnough(requirements: readonly Requirement[], signers: readonly string[]): boolean {
  return requirements.every(
    ({ keyids, threshold }) => keyids.filter(keyid => signers.includes(keyid)).length >= threshold,
  );
}
