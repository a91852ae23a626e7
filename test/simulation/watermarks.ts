// How far the projections have come, as one process knows it: by news that come when their turn comes.

import { ChangeSignal, schemaName, type Watermarks } from '#host';
import type { Access } from './access.js';
import { type Database, SCHEMA_PREFIX, STORES, type StoreName } from './database.js';

const CHANGE_WAIT_MS = 1_000;

export class SimulatedWatermarks implements Watermarks {
  private readonly known = new Map<string, number>();
  private readonly changes = new ChangeSignal();

  constructor(
    private readonly database: Database,
    private readonly access: Access,
  ) {
    for (const store of STORES) void this.listen(store);
  }

  position(schema: string): number {
    return this.known.get(schema) ?? 0;
  }

  async reach(schema: string, position: number, signal: AbortSignal): Promise<number> {
    while (this.position(schema) < position) {
      signal.throwIfAborted();
      await this.nextChange(signal);
    }
    return this.position(schema);
  }

  nextChange(signal?: AbortSignal, waitMs = CHANGE_WAIT_MS): Promise<void> {
    return this.changes.next(signal, waitMs);
  }

  /** The connection that told of positions is gone: nothing is known until there is news again. */
  lose(): void {
    this.known.clear();
  }

  private async listen(store: StoreName): Promise<void> {
    const schema = schemaName(SCHEMA_PREFIX, store);
    const position = () => this.database.position(store);
    for (;;) {
      await this.access.news(`news of ${store}`, () => position() === this.position(schema));
      this.known.set(schema, position());
      this.changes.tell();
    }
  }
}
