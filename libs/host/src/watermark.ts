// How far other services have come. A projector may use another's outcomes only where that one's watermark says that they are
// all there; it waits and never guesses (DESIGN 2). Of a projection that is folded in shards, all is there as far as the last of
// them has come.

import pg from 'pg';
import { WHOLE } from '#projection';
import { type ProgressNotice, parseProgressNotice, progressChannel } from '#store';
import { ChangeSignal } from './change-signal.js';
import { type ShardPosition, ShardPositions } from './shard-positions.js';

/** While nobody tells, it is tried this often to be told again, in milliseconds. */
const POLL_MS = 500;
/** While somebody tells, positions are asked for too, after so many of these times: a schema may have been dropped. */
const POLLS_APART = 4;

/** How far projections of one database have come, by their schemas. Asking for one that is not watched is an error of the program. */
export interface Watermarks {
  /** The last known position (records folded) of a schema; 0 where it has folded nothing, bins are missing, or it is not there. */
  position(schema: string): number;
  /** Resolves with the position of a schema once it is at least `position`. Rejects when `signal` aborts. */
  reach(schema: string, position: number, signal: AbortSignal): Promise<number>;
  /** Resolves at the next change of any position, or after `waitMs`. */
  nextChange(signal?: AbortSignal, waitMs?: number): Promise<void>;
}

/** Watches them by what Postgres tells, and by asking. */
export class PostgresWatermarks implements Watermarks {
  private readonly positions: ReadonlyMap<string, ShardPositions>;
  private readonly changes = new ChangeSignal();
  private readonly timer: NodeJS.Timeout;
  private listener: pg.Client | undefined;
  private refreshing: Promise<void> | undefined;
  /** What was told while positions are being asked for; undefined while they are not. */
  private noted: ProgressNotice[] | undefined;
  private closed = false;
  private polls = 0;

  constructor(
    private readonly url: string,
    private readonly schemas: readonly string[],
  ) {
    this.positions = new Map(schemas.map(schema => [schema, new ShardPositions()]));
    this.timer = setInterval(() => this.poll(), POLL_MS);
    this.timer.unref();
  }

  position(schema: string): number {
    const positions = this.positions.get(schema);
    if (!positions) throw new RangeError(`The positions of ${schema} are not watched here.`);
    return positions.watermark;
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

  private poll(): void {
    if (!this.listener || ++this.polls % POLLS_APART === 0) void this.refresh();
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
      this.noted = [];
      const found = await positionsOf(listener, this.schemas);
      // A notice that came meanwhile may tell of a later position than this answer does.
      for (const schema of this.schemas) {
        const noted = this.noted.filter(notice => notice.schema === schema);
        this.change(schema, positions => {
          positions.replace(found.get(schema) ?? []);
          for (const { shard, position } of noted) positions.set(shard, position);
        });
      }
    } catch {
      this.lose(this.listener);
    } finally {
      this.noted = undefined;
    }
  }

  /** While nobody tells, no position is known: a Postgres that crashed may come back without what it had not flushed. */
  private lose(client: pg.Client | undefined): void {
    if (!client || this.listener !== client) return;
    this.listener = undefined;
    for (const positions of this.positions.values()) positions.replace([]);
    void client.end().catch(() => undefined);
  }

  private change(schema: string, work: (positions: ShardPositions) => void): void {
    const positions = this.positions.get(schema)!;
    const before = positions.watermark;
    work(positions);
    if (positions.watermark !== before) this.changes.tell();
  }

  private async connected(): Promise<pg.Client> {
    if (this.listener) return this.listener;
    const client = new pg.Client({ connectionString: this.url });
    client.on('error', () => this.lose(client));
    client.on('end', () => this.lose(client));
    client.on('notification', ({ payload }) => {
      const notice = parseProgressNotice(payload ?? '');
      if (!notice || !this.positions.has(notice.schema)) return;
      this.noted?.push(notice);
      this.change(notice.schema, positions => positions.set(notice.shard, notice.position));
    });
    await client.connect();
    await client.query(this.schemas.map(schema => `LISTEN ${progressChannel(schema)}`).join(';'));
    this.listener = client;
    return client;
  }
}

/** The rows of progress of each schema; none where it is not there, or has folded nothing. */
async function positionsOf(
  client: pg.Client,
  schemas: readonly string[],
): Promise<ReadonlyMap<string, readonly ShardPosition[]>> {
  const { rows: tables } = await client.query<{ schema: string; sharded: boolean }>(
    `SELECT schema, EXISTS (SELECT FROM pg_attribute WHERE attrelid = progress AND attname = 'first_bin') AS sharded
       FROM unnest($1::text[]) AS schema, to_regclass(schema || '.progress') AS progress WHERE progress IS NOT NULL`,
    [schemas],
  );
  if (tables.length === 0) return new Map();
  const selects = tables.map(({ schema, sharded }) => {
    const range = sharded ? 'first_bin, last_bin' : `${WHOLE.first}::bigint, ${WHOLE.last}::bigint`;
    return `SELECT '${schema}', position, ${range} FROM ${schema}.progress`;
  });
  const { rows } = await client.query<[schema: string, ...columns: string[]]>({
    text: selects.join(' UNION ALL '),
    rowMode: 'array',
  });
  const found = new Map<string, ShardPosition[]>();
  for (const [schema, ...columns] of rows) {
    const [position, first, last] = columns.map(Number) as [number, number, number];
    found.set(schema, [...(found.get(schema) ?? []), { position, shard: { first, last } }]);
  }
  return found;
}
