// What Postgres tells of positions, as soon as they are committed: `schema:position`, or `schema:position:first-last` where it is
// that of a shard, the bins from `first` to `last`.

import type { DataSource, QueryRunner } from 'typeorm';
import { isSameShard, type Shard, WHOLE } from '#projection';

/** The channel on which it is told of a schema: each service listens to those alone that it depends on. */
export function progressChannel(schema: string): string {
  return `tuf_progress_${schema}`;
}

/** A shard of a schema has come to a position. */
export interface ProgressNotice {
  readonly schema: string;
  readonly shard: Shard;
  readonly position: number;
}

export function progressNotice({ schema, shard, position }: ProgressNotice): string {
  const whole = `${schema}:${position}`;
  return isSameShard(shard, WHOLE) ? whole : `${whole}:${shard.first}-${shard.last}`;
}

/** Reads a notice; undefined where it is none. */
export function parseProgressNotice(text: string): ProgressNotice | undefined {
  const [, schema, position, first, last] = /^([a-z0-9_]+):([0-9]+)(?::([0-9]+)-([0-9]+))?$/.exec(text) ?? [];
  if (!schema) return undefined;
  const shard = first === undefined ? WHOLE : { first: Number(first), last: Number(last) };
  return { schema, shard, position: Number(position) };
}

/** Tells whoever watches that this schema has come to `position`, when the transaction commits. */
export async function notifyProgress(
  runner: QueryRunner,
  source: DataSource,
  position: number,
): Promise<void> {
  const schema = schemaOf(source);
  const notice = progressNotice({ schema, shard: WHOLE, position });
  await runner.query('SELECT pg_notify($1, $2)', [progressChannel(schema), notice]);
}

/** The schema that a source is on. */
export function schemaOf(source: DataSource): string {
  return String((source.options as { schema?: string }).schema);
}
