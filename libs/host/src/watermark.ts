// How far other services have come. A projector may use another's outcomes only where that one's watermark says that they are
// all there; it waits and never guesses (DESIGN 2).

import pg from 'pg';
import { PROGRESS_CHANNEL } from '#store';
import { ChangeSignal } from './change-signal.js';

/** Notices can be lost with a connection, so positions are also asked for this often, in milliseconds. */
const POLL_MS = 500;

/** How far the projections of one database have come, by their schemas. */
export interface Watermarks {
  /** The last known position (records folded) of a schema; 0 where it has folded nothing, or is not there. */
  position(schema: string): number;
  /** Resolves with the position of a schema once it is at least `position`. Rejects when `signal` aborts. */
  reach(schema: string, position: number, signal: AbortSignal): Promise<number>;
  /** Resolves at the next change of any position, or after `waitMs`. */
  nextChange(signal?: AbortSignal, waitMs?: number): Promise<void>;
}

/** Watches them by what Postgres tells, and by asking. */
export class PostgresWatermarks implements Watermarks {
  private readonly positions = new Map<string, number>();
  private readonly changes = new ChangeSignal();
  private readonly timer: NodeJS.Timeout;
  private listener: pg.Client | undefined;
  private refreshing: Promise<void> | undefined;
  /** The schemas of which a notice came since they were last asked about. */
  private readonly noted = new Set<string>();
  private closed = false;

  constructor(
    private readonly url: string,
    private readonly schemas: readonly string[],
  ) {
    this.timer = setInterval(() => void this.refresh(), POLL_MS);
    this.timer.unref();
  }

  position(schema: string): number {
    return this.positions.get(schema) ?? 0;
  }

  async reach(schema: string, position: number, signal: AbortSignal): Promise<number> {
    // Once there is a listener, notices tell; until then, and where one was lost, somebody has to ask.
    if (!this.listener) void this.refresh();
    while (this.position(schema) < position) {
      signal.throwIfAborted();
      await this.nextChange(signal);
    }
    return this.position(schema);
  }

  nextChange(signal?: AbortSignal, waitMs = POLL_MS * 2): Promise<void> {
    return this.changes.next(signal, waitMs);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    this.changes.tell();
    await this.refreshing;
    await this.listener?.end().catch(() => undefined);
  }

  /** Asks for all positions, once at a time; keeps what it knows where Postgres does not answer. */
  private refresh(): Promise<void> {
    this.refreshing ??= this.ask().finally(() => {
      this.refreshing = undefined;
    });
    return this.refreshing;
  }

  private async ask(): Promise<void> {
    if (this.closed) return;
    try {
      const listener = await this.connected();
      this.noted.clear();
      const positions = await positionsOf(listener, this.schemas);
      // A notice that came meanwhile may tell of a later position than this answer does.
      for (const [i, schema] of this.schemas.entries())
        if (!this.noted.has(schema)) this.set(schema, positions[i]!);
    } catch {
      this.lose(this.listener);
    }
  }

  /** While nobody tells, no position is known: a Postgres that crashed may come back without what it had not flushed. */
  private lose(client: pg.Client | undefined): void {
    if (!client || this.listener !== client) return;
    this.listener = undefined;
    this.positions.clear();
    void client.end().catch(() => undefined);
  }

  private set(schema: string, position: number): void {
    if (this.positions.get(schema) === position) return;
    this.positions.set(schema, position);
    this.changes.tell();
  }

  private async connected(): Promise<pg.Client> {
    if (this.listener) return this.listener;
    const client = new pg.Client({ connectionString: this.url });
    client.on('error', () => this.lose(client));
    client.on('end', () => this.lose(client));
    client.on('notification', ({ payload }) => {
      const [schema, position] = (payload ?? '').split(':');
      if (!schema || !this.schemas.includes(schema)) return;
      this.noted.add(schema);
      this.set(schema, Number(position));
    });
    await client.connect();
    await client.query(`LISTEN ${PROGRESS_CHANNEL}`);
    this.listener = client;
    return client;
  }
}

/** The position of every schema; 0 where it is not there, or has folded nothing. */
async function positionsOf(client: pg.Client, schemas: readonly string[]): Promise<number[]> {
  const tables = schemas.map(schema => `${schema}.progress`);
  const { rows } = await client.query(
    'SELECT to_regclass(name) IS NOT NULL AS there FROM unnest($1::text[]) WITH ORDINALITY AS t (name, n) ORDER BY n',
    [tables],
  );
  const reads = tables.map((table, i) => (rows[i].there ? `(SELECT position FROM ${table})` : 'NULL'));
  const found = await client.query<(string | null)[]>({
    text: `SELECT ${reads.join(', ')}`,
    rowMode: 'array',
  });
  return found.rows[0]!.map(position => Number(position ?? 0));
}
