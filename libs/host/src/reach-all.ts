import { SERVICES, schemaName } from './schema-name.js';
import type { FactGround } from './upstream.js';

/**
 * Waits until every projector has folded `records` records, which is until all have come beyond position `records - 1`; gives how many
 * all have folded then. Rejects when `signal` aborts.
 */
export async function reachAll(
  { prefix, watermarks }: Pick<FactGround, 'prefix' | 'watermarks'>,
  records: number,
  signal: AbortSignal,
): Promise<number> {
  let least = Number.MAX_SAFE_INTEGER;
  for (const service of SERVICES)
    least = Math.min(least, await watermarks.reach(schemaName(prefix, service), records, signal));
  return least;
}
