// The rows that a projection holds, in the form of expected-rows.ts.

import type { DataSource } from 'typeorm';
import type { ServiceName } from '#host';
import { roleStateOf } from '#projection';
import { sortCodePoints } from '#tuf';
import { line, ordered, type Rows } from './expected-rows.js';
import { quickCrypto } from './quick-crypto.js';

type Row = Record<string, string | number | boolean | null>;

const COLUMNS: Record<string, (row: Row) => string> = {
  progress: row =>
    line(
      row.position,
      row.root_hash,
      row.last_offset,
      row.last_hash,
      ordered(JSON.parse(String(row.reader))),
    ),
  outcome: row => line(row.position, row.event, row.entry, row.result, row.code, row.detail, row.role),
  role_version: row => {
    const { text, sha256, signatures } = row;
    // A text may be let go, since it can be rendered again; what is kept is the one that was drafted.
    const kept =
      text === null || quickCrypto.sha256Hex(String(text)) === sha256 ? sha256 : 'the hash of another text';
    return line(
      row.role,
      row.version,
      row.drafted,
      row.expires,
      kept,
      row.completed,
      signatures && ordered(signatures),
    );
  },
  cut: row => line(row.state, row.at, row.position, row.root_hash, ordered(row.policy), ordered(row.keys)),
  record_offset: row => line(row.position, row.log_offset),
  target: row =>
    line(
      row.path,
      row.since,
      row.until,
      row.bin,
      row.removed,
      row.length,
      row.sha256,
      row.sha512,
      row.yanked,
    ),
  bin: row => {
    const { highest, complete, draft } = roleStateOf(String(row.role));
    return line(row.bin, row.changed, highest, complete?.version, draft?.version);
  },
  snapshot_file: row => line(row.version, row.position, row.length, row.sha256),
  complete_state: row => line(row.state, row.at, row.cut, row.position, row.root, row.roots_before),
};

const TABLES: Record<ServiceName, readonly string[]> = {
  root: ['progress', 'outcome', 'role_version', 'cut', 'record_offset'],
  targets: ['progress', 'outcome', 'role_version', 'target', 'bin'],
  snapshot: ['progress', 'outcome', 'role_version', 'snapshot_file'],
  timestamp: ['progress', 'outcome', 'role_version', 'complete_state'],
};

export async function storedRows(source: DataSource, service: ServiceName): Promise<Rows> {
  const rows: Rows = {};
  for (const table of TABLES[service]) {
    const found: Row[] = await source.query(`SELECT * FROM ${table}`);
    const lines = found.map(COLUMNS[table]!);
    // All shards stand where one would.
    rows[table] = sortCodePoints(table === 'progress' ? [...new Set(lines)] : lines);
  }
  return rows;
}
