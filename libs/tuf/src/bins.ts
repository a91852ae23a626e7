// Hash bins: the delegated roles among which targets are spread by the SHA-256 of their path.
// Bin of a path = the top log2(count) bits of SHA-256(UTF-8 path), as TAP 15 and every client reckon it (PEP 458 names
// SHA-512 in its text; no client does). Names are `bins-` and the index in lower-case hex, as wide as count - 1 needs.

import type { JsonObject } from './canonical.js';
import { keysJson, type RoleKeys, roleKeysJson } from './threshold.js';

/** How `bins` delegates to its bins: TAP 15's succinct roles, or one role per bin with `path_hash_prefixes` (TUF 4.5). */
export type BinScheme = 'succinct' | 'path_hash_prefixes';

/** The bins of a ledger; `count` is a power of two from MIN_BINS to MAX_BINS. */
export interface BinLayout {
  readonly scheme: BinScheme;
  readonly count: number;
}

/** TAP 15 has no bit length of 0, so one bin cannot be. */
export const MIN_BINS = 2;
/** What an index of PyPI's size needs (PEP 458); clients load no more roles than the one of their path. */
export const MAX_BINS = 16_384;
/** The name of the role that delegates to the bins, and the prefix of theirs. */
export const BINS_ROLE = 'bins';

/** Whether `count` can be the number of bins of a ledger. */
export function isBinCount(count: number): boolean {
  return Number.isInteger(count) && count >= MIN_BINS && count <= MAX_BINS && (count & (count - 1)) === 0;
}

/** log2 of the number of bins: TAP 15's `bit_length`. */
export function bitLength(count: number): number {
  return 31 - Math.clz32(count);
}

function suffixWidth(count: number): number {
  return Math.ceil((32 - Math.clz32(count - 1)) / 4);
}

/** Names by width of the suffix and index, made once: every outcome of a file event tells one. */
const names: string[][] = [];

/** The role name of bin `index` among `count`, e.g. `bins-0a3f`. */
export function binName(index: number, count: number): string {
  const width = suffixWidth(count);
  names[width] ??= [];
  names[width][index] ??= `${BINS_ROLE}-${index.toString(16).padStart(width, '0')}`;
  return names[width][index];
}

/** The index of the bin that `name` names, or undefined where it names none of `count` bins. */
export function binIndex(name: string, count: number): number | undefined {
  if (!name.startsWith(`${BINS_ROLE}-`)) return undefined;
  const suffix = name.slice(BINS_ROLE.length + 1);
  if (!/^[0-9a-f]+$/.test(suffix) || suffix.length !== suffixWidth(count)) return undefined;
  const index = Number.parseInt(suffix, 16);
  return index < count ? index : undefined;
}

/** The bin that holds a path, from the SHA-256 of the path (64 hex digits). */
export function binOfPathHash(hash: string, count: number): number {
  return Number.parseInt(hash.slice(0, 8), 16) >>> (32 - bitLength(count));
}

/** The `delegations` object of the role `bins`: `roles` or `succinct_roles`, never both. */
export function binDelegations(layout: BinLayout, bin: RoleKeys): JsonObject {
  const keys = keysJson([bin]);
  const trust = roleKeysJson(bin);
  if (layout.scheme === 'succinct') {
    return {
      keys,
      succinct_roles: { ...trust, bit_length: bitLength(layout.count), name_prefix: BINS_ROLE },
    };
  }
  const roles: JsonObject[] = [];
  for (let index = 0; index < layout.count; index++) {
    roles.push({
      ...trust,
      name: binName(index, layout.count),
      path_hash_prefixes: binPathHashPrefixes(index, layout.count),
      terminating: true,
    });
  }
  return { keys, roles };
}

/** The hex prefixes of the path hashes that fall into a bin; hex digits hold 4 bits, so a bin may need up to 8 of them. */
export function binPathHashPrefixes(index: number, count: number): string[] {
  const digits = Math.ceil(bitLength(count) / 4);
  const each = 16 ** digits / count;
  const prefixes: string[] = [];
  for (let i = index * each; i < (index + 1) * each; i++) prefixes.push(i.toString(16).padStart(digits, '0'));
  return prefixes;
}
