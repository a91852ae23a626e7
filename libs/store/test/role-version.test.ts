import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Completion, Drafted } from '#projection';
import {
  readNewestComplete,
  readRows,
  readVersion,
  readVersionAfter,
  readVersions,
  readVersionsAfter,
  readVersionsAsOf,
  versionsTouched,
  writeVersions,
} from '#store';
import { plansOf } from './plan.js';
import { commit, testSchemas } from './test-schema.js';

const open = testSchemas();

const SIGNATURES = [
  { keyid: 'a'.repeat(64), sig: '00' },
  { keyid: 'b'.repeat(64), sig: 'ff' },
];
const draft = (role: string, version: number, position: number): Drafted => ({
  role,
  version,
  position,
  expires: 1_000 + version,
  sha256: `${role}-${version}`,
  text: `text of ${role} ${version}`,
});
const completion = (role: string, version: number, position: number): Completion => ({
  role,
  version,
  position,
  signatures: SIGNATURES,
});
const names = (versions: readonly { role: string; version: number }[]) =>
  versions.map(({ role, version }) => `${role}@${version}`);
const ALL = { after: '', limit: 100 };

/** Two bins and `bins`: bins-1 has a version that died as a draft, and all have an open one at the end. */
async function someVersions(): Promise<DataSource> {
  const source = await open();
  await commit(source, async runner => {
    const drafted = [draft('bins', 1, 0), draft('bins-0', 1, 2), draft('bins-1', 1, 2)];
    const completed = [completion('bins', 1, 1), completion('bins-0', 1, 3)];
    await writeVersions(runner, { drafted, completed });
  });
  await commit(source, async runner => {
    // Apart from each other, as where they fall into two commits.
    await writeVersions(runner, { drafted: [draft('bins-0', 2, 5), draft('bins-1', 2, 5)], completed: [] });
    const completed = [completion('bins-0', 2, 6), completion('bins-1', 2, 7)];
    await writeVersions(runner, { drafted: [], completed });
  });
  await commit(source, runner =>
    writeVersions(runner, { drafted: [draft('bins-0', 3, 9), draft('bins-1', 3, 9)], completed: [] }),
  );
  return source;
}

describe('versions of roles', () => {
  let source: DataSource;
  beforeAll(async () => {
    source = await someVersions();
  });

  it('are read as they were written', async () => {
    expect(await readVersion(source, 'bins-1', 3)).toEqual({
      role: 'bins-1',
      version: 3,
      drafted: 9,
      expires: 1_003,
      sha256: 'bins-1-3',
      text: 'text of bins-1 3',
      signatures: [],
    });
    expect(await readVersion(source, 'bins-1', 2)).toMatchObject({ completed: 7, signatures: SIGNATURES });
    expect(await readVersion(source, 'bins-1', 4)).toBeUndefined();
    expect(await readVersions(source, [])).toEqual([]);
    const wanted = [
      { role: 'bins-0', version: 1 },
      { role: 'bins', version: 1 },
      { role: 'none', version: 1 },
    ];
    expect(names(await readVersions(source, wanted)).sort()).toEqual(['bins-0@1', 'bins@1']);
  });

  it('let go their texts once a newer one is complete, dead drafts too', async () => {
    const texts = await source.query(
      'SELECT role, version FROM role_version WHERE text IS NOT NULL ORDER BY role, version',
    );
    expect(names(texts)).toEqual(['bins@1', 'bins-0@2', 'bins-0@3', 'bins-1@2', 'bins-1@3']);
  });

  it.each([
    [0, []],
    [1, ['bins@1']],
    [3, ['bins@1', 'bins-0@1']],
    [6, ['bins@1', 'bins-0@2']],
    [7, ['bins@1', 'bins-0@2', 'bins-1@2']],
    [100, ['bins@1', 'bins-0@2', 'bins-1@2']],
  ])('of which the newest complete at position %i are %j', async (position, expected) => {
    expect(names(await readNewestComplete(source, position, ALL))).toEqual(expected);
  });

  it('are paged by role', async () => {
    expect(names(await readNewestComplete(source, 100, { after: '', limit: 2 }))).toEqual([
      'bins@1',
      'bins-0@2',
    ]);
    expect(names(await readNewestComplete(source, 100, { after: 'bins-0', limit: 2 }))).toEqual(['bins-1@2']);
    expect(await readNewestComplete(source, 100, { after: 'bins-1', limit: 2 })).toEqual([]);
  });

  it('of which a page skips roles that have no complete one', async () => {
    expect(names(await readNewestComplete(source, 6, { after: '', limit: 100 }))).toEqual([
      'bins@1',
      'bins-0@2',
    ]);
    expect(names(await readNewestComplete(source, 3, { after: 'bins', limit: 1 }))).toEqual(['bins-0@1']);
  });

  it('as a cut lists them: those that it drafted, and of the others what was complete before it', async () => {
    const asOf = async (position: number) => Object.fromEntries(await readVersionsAsOf(source, position));
    expect(await asOf(2)).toEqual({ bins: 1, 'bins-0': 1, 'bins-1': 1 });
    expect(await asOf(5)).toEqual({ bins: 1, 'bins-0': 2, 'bins-1': 2 });
    expect(await asOf(8)).toEqual({ bins: 1, 'bins-0': 2, 'bins-1': 2 });
    expect(await asOf(1)).toEqual({});
  });

  it('that records drafted or completed', async () => {
    expect(names(await readRows(source, versionsTouched(6, 8)))).toEqual(['bins-0@2', 'bins-1@2']);
    expect(names(await readRows(source, versionsTouched(0, 2)))).toEqual(['bins@1', 'bins-0@1', 'bins-1@1']);
    expect(await readRows(source, versionsTouched(10, 20))).toEqual([]);
  });

  it('of which one shows first what happened at a position', async () => {
    expect((await readVersionAfter(source, 'bins-0', 4))?.version).toBe(2);
    expect((await readVersionAfter(source, 'bins-1', 0))?.version).toBe(2);
    expect(await readVersionAfter(source, 'bins-0', 5)).toBeUndefined();
    const wanted = [
      { role: 'bins-1', position: 0 },
      { role: 'bins-0', position: 5 },
      { role: 'bins-0', position: 1 },
      { role: 'none', position: 0 },
    ];
    expect(await readVersionsAfter(source, wanted, 9)).toEqual([2, undefined, 1, undefined]);
    expect(await readVersionsAfter(source, wanted, 4)).toEqual([undefined, undefined, 1, undefined]);
  });
});

describe('the newest complete versions', () => {
  /** For each role its versions: how long after the one before each was drafted, and how long it took to complete. */
  const lives = fc.array(
    fc.array(
      fc.record({
        wait: fc.integer({ min: 1, max: 4 }),
        took: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      }),
      { maxLength: 5 },
    ),
    { maxLength: 4 },
  );

  it('are those of a replay, at any position', async () => {
    const source = await open();
    await fc.assert(
      fc.asyncProperty(lives, async roles => {
        await source.query('TRUNCATE role_version');
        const versions = roles.flatMap((life, i) => {
          let at = 0;
          return life.map(({ wait, took }, n) => {
            at += wait;
            const drafted = at;
            if (took !== undefined) at += took;
            return {
              role: `r${i}`,
              version: n + 1,
              drafted,
              ...(took === undefined ? {} : { completed: at }),
            };
          });
        });
        const complete = versions.filter(({ completed }) => completed !== undefined);
        await commit(source, async runner => {
          await writeVersions(runner, {
            drafted: versions.map(({ role, version, drafted }) => draft(role, version, drafted)),
            completed: complete.map(({ role, version, completed }) => completion(role, version, completed!)),
          });
        });
        for (let position = 0; position < 24; position++) {
          const newest = new Map<string, number>();
          const listed = new Map<string, number>();
          for (const { role, version, drafted, completed = Number.POSITIVE_INFINITY } of versions) {
            if (completed <= position) newest.set(role, version);
            if (drafted === position || completed < position) listed.set(role, version);
          }
          const found = await readNewestComplete(source, position, ALL);
          expect(new Map(found.map(({ role, version }) => [role, version]))).toEqual(newest);
          expect(await readVersionsAsOf(source, position)).toEqual(listed);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('a table of many versions', () => {
  const ROLES = 256;
  const VERSIONS = 40;
  let source: DataSource;

  beforeAll(async () => {
    source = await open();
    const all = Array.from({ length: ROLES * VERSIONS }, (_, i) => ({
      role: `bins-${(i % ROLES).toString(16).padStart(2, '0')}`,
      version: 1 + Math.floor(i / ROLES),
    }));
    await commit(source, async runner => {
      await writeVersions(runner, {
        drafted: all.map(({ role, version }) => draft(role, version, version * 10)),
        completed: all.map(({ role, version }) => completion(role, version, version * 10 + 1)),
      });
    });
    await source.query('ANALYZE role_version');
  });

  it.each<[string, () => Promise<unknown>]>([
    ['one version', () => readVersion(source, 'bins-07', 3)],
    ['some versions', () => readVersions(source, [{ role: 'bins-07', version: 3 }])],
    ['what a record touched', () => readRows(source, versionsTouched(50, 51))],
    ['the newest of all roles', () => readNewestComplete(source, 201, { after: '', limit: 1_000 })],
    ['all roles as a cut lists them', () => readVersionsAsOf(source, 200)],
    ['what shows a change', () => readVersionsAfter(source, [{ role: 'bins-07', position: 95 }], 1_000)],
    [
      'a completion',
      () =>
        commit(source, runner =>
          writeVersions(runner, { drafted: [], completed: [completion('bins-07', 40, 500)] }),
        ),
    ],
  ])('is read by an index for %s', async (_, read) => {
    const plans = await plansOf(source, 'role_version', read);
    expect(plans.length).toBeGreaterThan(0);
    for (const plan of plans) {
      expect(plan).toMatch(/Index/);
      expect(plan).not.toMatch(/Seq Scan on role_version/);
    }
  });
});
