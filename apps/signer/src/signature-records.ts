// Signatures into records.

import type { LedgerEvent, SignedEntry } from '#ledger';

/** Signatures that fit one record with room to spare. */
export const SIGNATURES_PER_RECORD = 140;

/** A signature counts for a draft from before its record (DESIGN 2), so the timestamp's has a record of its own after the others'. */
export function recordsOf(signatures: readonly SignedEntry[]): LedgerEvent[][] {
  const timestamp = signatures.filter(({ role }) => role === 'timestamp');
  const others = signatures.filter(({ role }) => role !== 'timestamp');
  return [...chunks(others, SIGNATURES_PER_RECORD), ...(timestamp.length > 0 ? [timestamp] : [])].map(
    part => [{ type: 'signed', signatures: part }],
  );
}

/** Parts of at most `size` items, in order. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}
