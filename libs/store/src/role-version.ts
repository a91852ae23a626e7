// Versions of roles, from draft to complete. `text` is the canonical text of `signed`; it is kept for what may still have to be
// written or signed and let go when a newer version is complete, since any version can be rendered again from history. Those of the
// offline roles, which are few, stay.

import type { DataSource, QueryRunner } from 'typeorm';
import { isOfflineRole } from '#ledger';
import type { Completion, Drafted } from '#projection';
import type { RoleSignature } from '#tuf';
import { type Row, selectRows } from './database.js';
import type { RowsQuery } from './rows-query.js';

export const ROLE_VERSION_TABLE = `
  CREATE TABLE role_version (
    role text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    drafted bigint NOT NULL,
    expires bigint NOT NULL,
    sha256 text NOT NULL,
    text text,
    signatures jsonb,
    completed bigint,
    PRIMARY KEY (role, version)
  );
  CREATE INDEX role_version_drafted ON role_version (drafted);
  CREATE INDEX role_version_completed ON role_version (completed) WHERE completed IS NOT NULL`;

/** Finds the few texts that are kept among all versions of a role. */
export const ROLE_VERSION_TEXT_INDEX =
  'CREATE INDEX role_version_text ON role_version (role, version) WHERE text IS NOT NULL';

/** Texts are let go soon, and packing a large snapshot takes longer than writing it. */
export const ROLE_VERSION_TEXT_PLAIN = 'ALTER TABLE role_version ALTER COLUMN text SET STORAGE external';

/** So many texts are sent each by itself: in an array, quoting half a megabyte takes longer than all else. */
const SEPARATE_TEXTS = 16;

/** A version of a role; `completed` (a position) and its signatures are absent while it is a draft, or if it died as one. */
export interface StoredVersion {
  readonly role: string;
  readonly version: number;
  readonly drafted: number;
  readonly expires: number;
  readonly sha256: string;
  readonly text?: string;
  readonly completed?: number;
  readonly signatures: readonly RoleSignature[];
}

const LIST_COLUMNS = 'role, version, drafted, expires, sha256, completed, signatures';

/** What records did with versions: drafts, and completions of those or of earlier ones. */
export interface VersionRows {
  readonly drafted: readonly Drafted[];
  readonly completed: readonly Completion[];
}

/**
 * Writes new drafts and marks versions complete. The text of a role of which `keeps` says no is not stored: whoever needs one
 * renders it from history; of the others the texts that are superseded are let go.
 */
export async function writeVersions(
  runner: QueryRunner,
  { drafted, completed }: VersionRows,
  keeps: (role: string) => boolean = () => true,
): Promise<void> {
  const done = new Map(completed.map(completion => [nameOf(completion), completion]));
  // A draft of root may be proposed anew under its number: the last one counts.
  const newest = new Map(drafted.map(draft => [nameOf(draft), draft]));
  await insertDrafts(runner, [...newest.values()], { done, keeps });
  const known = new Set(newest.keys());
  await complete(
    runner,
    completed.filter(completion => !known.has(nameOf(completion))),
  );
  await letGo(
    runner,
    completed.filter(({ role }) => keeps(role) && !isOfflineRole(role)),
  );
}

/** A draft that was completed meanwhile is written once, complete. */
async function insertDrafts(
  runner: QueryRunner,
  drafted: readonly Drafted[],
  {
    done,
    keeps,
  }: { readonly done: ReadonlyMap<string, Completion>; readonly keeps: (role: string) => boolean },
): Promise<void> {
  if (drafted.length === 0) return;
  const completions = drafted.map(draft => done.get(nameOf(draft)));
  const texts = drafted.map(draft => (keeps(draft.role) ? draft.text : null));
  const separate = texts.length <= SEPARATE_TEXTS;
  const textArray = separate ? `ARRAY[${texts.map((_, i) => `$${i + 8}`).join()}]` : '$8';
  await runner.query(
    `INSERT INTO role_version (role, version, drafted, expires, sha256, completed, signatures, text)
       SELECT role, version, drafted, expires, sha256, completed, signatures::jsonb, text FROM
         unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], ${textArray}::text[])
           AS draft (role, version, drafted, expires, sha256, completed, signatures, text)
       ON CONFLICT (role, version) DO UPDATE SET drafted = excluded.drafted, expires = excluded.expires,
         sha256 = excluded.sha256, completed = excluded.completed, signatures = excluded.signatures, text = excluded.text`,
    [
      drafted.map(draft => draft.role),
      drafted.map(draft => draft.version),
      drafted.map(draft => draft.position),
      drafted.map(draft => draft.expires),
      drafted.map(draft => draft.sha256),
      completions.map(completion => completion?.position ?? null),
      completions.map(completion => (completion ? JSON.stringify(completion.signatures) : null)),
      ...(separate ? texts : [texts]),
    ],
  );
}

async function complete(runner: QueryRunner, completed: readonly Completion[]): Promise<void> {
  if (completed.length === 0) return;
  await runner.query(
    `UPDATE role_version SET completed = done.position, signatures = done.signatures::jsonb
       FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[]) AS done (role, version, position, signatures)
       WHERE role_version.role = done.role AND role_version.version = done.version`,
    [
      completed.map(completion => completion.role),
      completed.map(completion => completion.version),
      completed.map(completion => completion.position),
      completed.map(completion => JSON.stringify(completion.signatures)),
    ],
  );
}

/** Lets go the texts of versions below complete ones. */
async function letGo(runner: QueryRunner, completed: readonly Completion[]): Promise<void> {
  if (completed.length === 0) return;
  const newest = new Map(completed.map(({ role, version }) => [role, version]));
  await runner.query(
    `UPDATE role_version SET text = NULL
       FROM unnest($1::text[], $2::bigint[]) AS done (role, version)
       WHERE role_version.role = done.role AND role_version.version < done.version AND role_version.text IS NOT NULL`,
    [[...newest.keys()], [...newest.values()]],
  );
}

function nameOf({ role, version }: { readonly role: string; readonly version: number }): string {
  return `${role}@${version}`;
}

/** Versions drafted or completed by the records from `first` to `last`, without their texts. */
export function versionsTouched(first: number, last: number): RowsQuery<StoredVersion> {
  const sql = `SELECT ${LIST_COLUMNS} FROM role_version WHERE drafted BETWEEN $1 AND $2
    UNION SELECT ${LIST_COLUMNS} FROM role_version WHERE completed BETWEEN $1 AND $2 ORDER BY role, version`;
  return { sql, values: [first, last], of: versionOf };
}

// The names of all roles after $2, by one look into the index for each: a DISTINCT would walk through every version of all.
const ROLES_AFTER = `
  WITH RECURSIVE roles AS (
    (SELECT role AS name FROM role_version WHERE role > $2 ORDER BY role LIMIT 1)
    UNION ALL
    SELECT (SELECT role FROM role_version WHERE role > roles.name ORDER BY role LIMIT 1) FROM roles
      WHERE roles.name IS NOT NULL)`;

/** The newest version of every role that was complete in the prefix that ends with the record at `position`, by role after `after`. */
export async function readNewestComplete(
  source: DataSource,
  position: number,
  page: { after: string; limit: number },
): Promise<StoredVersion[]> {
  const rows = await selectRows(
    source,
    `${ROLES_AFTER}
       SELECT newest.* FROM roles CROSS JOIN LATERAL (
         SELECT ${LIST_COLUMNS} FROM role_version WHERE role = roles.name AND completed <= $1
           ORDER BY version DESC LIMIT 1) newest
       ORDER BY roles.name LIMIT $3`,
    [position, page.after, page.limit],
  );
  return rows.map(versionOf);
}

/** The newest version of each of some roles that was complete at `position`, by default now, where there is one. */
export async function readNewestOf(
  source: DataSource,
  roles: readonly string[],
  position = Number.MAX_SAFE_INTEGER,
): Promise<StoredVersion[]> {
  const rows = await selectRows(
    source,
    `SELECT newest.* FROM unnest($1::text[]) WITH ORDINALITY AS wanted (role, place) CROSS JOIN LATERAL (
       SELECT ${LIST_COLUMNS} FROM role_version WHERE role = wanted.role AND completed <= $2
         ORDER BY version DESC LIMIT 1) newest ORDER BY wanted.place`,
    [roles, position],
  );
  return rows.map(versionOf);
}

/** The version of every role that the snapshot of the cut at `position` lists: drafted by it, else the newest complete before it. */
export async function readVersionsAsOf(source: DataSource, position: number): Promise<Map<string, number>> {
  const rows = await selectRows(
    source,
    `${ROLES_AFTER}
       SELECT listed.* FROM roles CROSS JOIN LATERAL (
         SELECT role, version FROM role_version WHERE role = roles.name AND (drafted = $1 OR completed < $1)
           ORDER BY version DESC LIMIT 1) listed`,
    [position, ''],
  );
  return new Map(rows.map(row => [String(row.role), Number(row.version)]));
}

/** One version of a role, with its text where it is kept. */
export async function readVersion(
  source: DataSource,
  role: string,
  version: number,
): Promise<StoredVersion | undefined> {
  const [row] = await selectRows(source, 'SELECT * FROM role_version WHERE role = $1 AND version = $2', [
    role,
    version,
  ]);
  return row && versionOf(row);
}

/** Versions by role and number, in the order of `wanted`, with their texts where they are kept; those that are not there are left out. */
export async function readVersions(
  source: DataSource,
  wanted: readonly { readonly role: string; readonly version: number }[],
): Promise<StoredVersion[]> {
  const rows = await selectRows(
    source,
    `SELECT v.* FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS w (role, version, place)
       JOIN role_version v ON v.role = w.role AND v.version = w.version ORDER BY w.place`,
    [wanted.map(({ role }) => role), wanted.map(({ version }) => version)],
  );
  return rows.map(versionOf);
}

/** The first version of a role that was drafted after `position` and completed, which is the one that shows what happened there. */
export async function readVersionAfter(
  source: DataSource,
  role: string,
  position: number,
): Promise<StoredVersion | undefined> {
  const [row] = await selectRows(
    source,
    `SELECT ${LIST_COLUMNS} FROM role_version WHERE role = $1 AND drafted > $2 AND completed IS NOT NULL
       ORDER BY version LIMIT 1`,
    [role, position],
  );
  return row && versionOf(row);
}

/**
 * For each role and position the first version that was drafted after the position, up to the cut at `until`, and completed: the
 * one that shows what happened there. In the order of `wanted`; undefined where there is none.
 */
export async function readVersionsAfter(
  source: DataSource,
  wanted: readonly { readonly role: string; readonly position: number }[],
  until: number,
): Promise<(number | undefined)[]> {
  const rows = await selectRows(
    source,
    `SELECT w.place, (
         SELECT min(version) FROM role_version v
           WHERE v.drafted > w.position AND v.drafted <= $3 AND v.role = w.role AND v.completed IS NOT NULL) AS version
       FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS w (role, position, place) ORDER BY w.place`,
    [wanted.map(({ role }) => role), wanted.map(({ position }) => position), until],
  );
  return rows.map(row => (row.version === null ? undefined : Number(row.version)));
}

function versionOf(row: Row): StoredVersion {
  return {
    role: String(row.role),
    version: Number(row.version),
    drafted: Number(row.drafted),
    expires: Number(row.expires),
    sha256: String(row.sha256),
    ...(typeof row.text === 'string' ? { text: row.text } : {}),
    ...(row.completed === null ? {} : { completed: Number(row.completed) }),
    signatures: (row.signatures ?? []) as unknown as RoleSignature[],
  };
}
