import { describe, expect, it } from 'vitest';
import type { Effects, PathChange } from '#projection';
import {
  hasRows,
  ROOT_MIGRATIONS,
  type Rows,
  SNAPSHOT_MIGRATIONS,
  TARGETS_MIGRATIONS,
  TIMESTAMP_MIGRATIONS,
  writeRows,
} from '#store';
import { rowsOf } from '../../../test/fixtures/projecting.js';
import { Random } from '../../../test/fixtures/random.js';
import { randomHistory } from '../../../test/fixtures/random-history.js';
import { TestLedger, upload } from '../../../test/fixtures/test-ledger.js';
import { commit, testSchemas } from './test-schema.js';

const open = testSchemas();

const SEEDS = [1, 2, 3];
const STEPS = 150;
const MAX_BATCH_RECORDS = 5;
const MAX_COMMIT_BATCHES = 8;

/** The rows of each service for one record; where bins stand, and offsets leap, is made up. */
const ROWS_OF: Readonly<Record<string, (effects: Effects) => Rows>> = {
  root: ({ step: { position }, root: { cut, ...rest } }) => ({
    ...rest,
    offsets: position % 3 === 0 ? [{ position, offset: 2 * position }] : [],
    cuts: cut ? [cut] : [],
  }),
  targets: ({ targets: { planned: _planned, ...rest } }) => ({
    ...rest,
    bins: rest.changes.map(({ bin, position }) => ({
      bin,
      changed: position,
      role: `{"as of":${position}}`,
    })),
  }),
  snapshot: ({ step: { position }, snapshot: { file, ...rest } }) => ({
    ...rest,
    files: file ? [{ ...file, position }] : [],
  }),
  timestamp: ({ timestamp: { state, ...rest } }) => ({ ...rest, states: state ? [state] : [] }),
};
const MIGRATIONS = {
  root: ROOT_MIGRATIONS,
  targets: TARGETS_MIGRATIONS,
  snapshot: SNAPSHOT_MIGRATIONS,
  timestamp: TIMESTAMP_MIGRATIONS,
};

/** Parts of the list that follow one another, each of at most `most` items. */
function partsOf<T>(items: readonly T[], most: number, random: Random): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < items.length; at += parts.at(-1)!.length)
    parts.push(items.slice(at, at + 1 + random.below(most)));
  return parts;
}

/** The rows of records that follow one another, as a projector gives them for a batch. */
function batchOf(records: readonly Rows[]): Rows {
  const names = [...new Set(records.flatMap(record => Object.keys(record) as (keyof Rows)[]))];
  return Object.fromEntries(
    names.map(name => [name, records.flatMap<unknown>(record => record[name] ?? [])]),
  ) as unknown as Rows;
}

/** What a schema holds when these commits, each of some batches, were made. */
async function written(
  commits: readonly (readonly Rows[])[],
  migrations: typeof TARGETS_MIGRATIONS,
  keepsText: (role: string) => boolean,
): Promise<Record<string, unknown[]>> {
  const source = await open(undefined, migrations);
  for (const batches of commits) await commit(source, runner => writeRows(runner, batches, keepsText));
  await source.query('TRUNCATE progress');
  const { progress: _progress, ...tables } = await rowsOf(source);
  return tables;
}

const everyText = () => true;
const onlyOffline = (role: string) => !role.startsWith('bins-');

/** Writes what these records changed, each in a commit of its own and all in one; both must come to the same. */
async function pathsOf(ledger: TestLedger): Promise<Record<string, unknown>[]> {
  const changes = ledger.effects.map(({ targets }) => targets.changes);
  const rows = (of: readonly PathChange[]): Rows => ({
    outcomes: [],
    drafted: [],
    completed: [],
    changes: of,
  });
  const apart = await written(
    changes.map(of => [rows(of)]),
    TARGETS_MIGRATIONS,
    everyText,
  );
  const together = await written([changes.map(rows)], TARGETS_MIGRATIONS, everyText);
  expect(together).toEqual(apart);
  return apart.target as Record<string, unknown>[];
}

describe('rows of batches that are written together', () => {
  const cases = Object.keys(ROWS_OF).flatMap(service => SEEDS.map(seed => [service, seed] as const));
  it.each(cases)('are what they are batch by batch (%s, history %i)', async (service, seed) => {
    const random = new Random(seed);
    const { effects } = randomHistory(seed, STEPS);
    const records = effects.map(ROWS_OF[service]!);
    const batches = partsOf(records, MAX_BATCH_RECORDS, random).map(batchOf);
    const migrations = MIGRATIONS[service as keyof typeof MIGRATIONS];
    const keepsText = seed % 2 === 0 ? everyText : onlyOffline;
    const apart = await written(
      batches.map(batch => [batch]),
      migrations,
      keepsText,
    );
    const together = await written(partsOf(batches, MAX_COMMIT_BATCHES, random), migrations, keepsText);
    expect(together).toEqual(apart);
    expect(await written([batches], migrations, keepsText)).toEqual(apart);
    expect(apart.role_version!.length).toBeGreaterThan(0);
  });

  it('hold a path that is changed, removed, released and said again', async () => {
    const ledger = new TestLedger({ count: 2 }).open();
    const six = { project: 'six', filename: 'a.whl' };
    ledger.say(upload('six', 'a.whl'));
    ledger.say({ type: 'file.yanked', ...six }, { type: 'file.unyanked', ...six });
    ledger.say({ type: 'file.yanked', ...six, reason: 'broken' });
    ledger.say({ type: 'project.removed', project: 'six' });
    ledger.append(ledger.record(ledger.administrators, [{ type: 'path.released', path: 'six/a.whl' }]));
    ledger.say(upload('six', 'a.whl', 'other'));
    const rows = await pathsOf(ledger);
    const shown = (ends: (row: Record<string, unknown>) => boolean) => rows.filter(ends).length;
    expect([rows.length, shown(({ until }) => until === null)]).toEqual([5, 1]);
  });

  it('keep of each role the newest complete text and those of later drafts', async () => {
    const version = (role: string, number: number) => ({
      role,
      version: number,
      position: number,
      expires: 9,
      sha256: `${role}-${number}`,
      text: `${role} ${number}`,
    });
    const done = (role: string, number: number) => ({
      role,
      version: number,
      position: number + 10,
      signatures: [],
    });
    const batches: Rows[] = [
      { outcomes: [], drafted: [version('a', 1), version('b', 1)], completed: [] },
      { outcomes: [], drafted: [version('a', 2)], completed: [done('a', 1)] },
      { outcomes: [], drafted: [version('a', 3), version('b', 2)], completed: [done('a', 2)] },
      { outcomes: [], drafted: [version('b', 3)], completed: [done('b', 2)] },
    ];
    const { role_version: versions } = await written([batches], SNAPSHOT_MIGRATIONS, everyText);
    const texts = (versions as Record<string, unknown>[])
      .map(({ text }) => text)
      .filter(text => text !== null);
    expect(texts.sort()).toEqual(['a 2', 'a 3', 'b 2', 'b 3']);
  });

  it('are none where no list holds any', () => {
    expect(hasRows({ outcomes: [], drafted: [], completed: [], bins: [] })).toBe(false);
    expect(
      hasRows({
        outcomes: [],
        drafted: [],
        completed: [],
        cuts: [],
        bins: [{ bin: 0, changed: 1, role: '' }],
      }),
    ).toBe(true);
  });
});
