import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BinContent, type PathChange, type PathState, WHOLE } from '#projection';
import {
  readBins,
  readBinsAt,
  readBinsOfProject,
  readTarget,
  readTargetHistory,
  readTargets,
  writePathChanges,
} from '#store';
import { plansOf } from './plan.js';
import { commit, testSchemas } from './test-schema.js';

const open = testSchemas();

/** Paths of two projects, one the prefix of the other's name, in three bins. */
const PATHS = ['six/a', 'six/b', 'six/c', 'six-x/a', 'six-x/b', 'sixty/a'];
const binOf = (path: string) => PATHS.indexOf(path) % 3;
const sha = (digit: string, bytes = 32) => digit.repeat(bytes * 2);

const pathState: fc.Arbitrary<PathState> = fc.record({
  target: fc.record(
    {
      length: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
      sha256: fc.constantFrom(sha('a'), sha('b')),
      sha512: fc.constant(sha('c', 64)),
      yanked: fc.constantFrom<string | true>(true, 'broken', '\u{1f4a9} "\\'),
    },
    { requiredKeys: ['length', 'sha256'] },
  ),
  removed: fc.boolean(),
});
const change = fc.record({
  path: fc.constantFrom(...PATHS),
  after: fc.option(pathState, { nil: undefined, freq: 4 }),
});
/** Batches of records of changes: the same path may change many times in each. */
const history = fc.array(
  fc.array(fc.array(change, { maxLength: 5 }), { minLength: 1, maxLength: 3 }), //
  { maxLength: 6 },
);

function changesOf(batches: readonly (readonly { path: string; after: PathState | undefined }[][])[]) {
  let position = 0;
  return batches.map(records =>
    records.flatMap(changes => {
      position++;
      return changes.map(
        ({ path, after }): PathChange => ({
          path,
          position,
          bin: binOf(path),
          ...(after === undefined ? {} : { after }),
        }),
      );
    }),
  );
}

function replayed(changes: readonly PathChange[], bin: number, position: number): BinContent {
  const content: BinContent = new Map();
  for (const change of changes) {
    if (change.bin !== bin || change.position > position) continue;
    if (change.after) content.set(change.path, change.after);
    else content.delete(change.path);
  }
  return content;
}

describe('the history of paths', () => {
  it('gives any bin as of any position, however the changes were batched', async () => {
    const source = await open();
    await fc.assert(
      fc.asyncProperty(history, async drawn => {
        await source.query('TRUNCATE target');
        const batches = changesOf(drawn);
        for (const batch of batches) await commit(source, runner => writePathChanges(runner, batch));
        const changes = batches.flat();
        const last = changes.at(-1)?.position ?? 0;
        const wanted = [0, 1, 2].flatMap(bin =>
          Array.from({ length: last + 2 }, (_, position) => ({ bin, position })),
        );
        expect(await readBinsAt(source, wanted)).toEqual(
          wanted.map(({ bin, position }) => replayed(changes, bin, position)),
        );
        const now = new Map([0, 1, 2].map(bin => [bin, replayed(changes, bin, last)]));
        expect(await readBins(source, [0, 1, 2])).toEqual(now);
        for (const path of PATHS) {
          const target = await readTarget(source, path);
          const state = now.get(binOf(path))!.get(path);
          expect(target && { target: target.target, removed: target.removed }).toEqual(state);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('says what a path was since when, oldest first', async () => {
    const source = await open();
    const target = { length: 1, sha256: sha('a') };
    const at = (position: number, after?: PathState): PathChange => ({
      bin: 0,
      path: 'six/a',
      position,
      ...(after ? { after } : {}),
    });
    const changes = [
      at(1, { target, removed: false }),
      at(4, { target: { ...target, yanked: true }, removed: false }),
      at(4, { target, removed: true }),
      at(6),
      at(9, { target: { ...target, length: 2 }, removed: false }),
    ];
    await commit(source, runner => writePathChanges(runner, changes));
    const rows = await readTargetHistory(source, 'six/a', 10);
    expect(rows.map(row => [row.since, row.target.length, row.removed])).toEqual([
      [1, 1, false],
      [4, 1, true],
      [9, 2, false],
    ]);
    expect(await readTargetHistory(source, 'six/a', 2)).toEqual(rows.slice(0, 2));
  });
});

describe('a table of many paths', () => {
  const BINS = 64;
  const ROWS = 10_000;
  let source: DataSource;
  const paths = Array.from(
    { length: ROWS },
    (_, i) => `project-${String(i % 500).padStart(3, '0')}/file-${i}`,
  );
  const live = paths.filter((_, i) => i % 10 !== 0).sort();

  beforeAll(async () => {
    source = await open();
    const change = (path: string, i: number, position: number, after?: PathState): PathChange => ({
      path,
      bin: i % BINS,
      position,
      ...(after ? { after } : {}),
    });
    const target = { length: 1, sha256: sha('a') };
    const uploads = paths.map((path, i) => change(path, i, i, { target, removed: false }));
    await commit(source, runner => writePathChanges(runner, uploads));
    const releases = paths.flatMap((path, i) => (i % 10 === 0 ? [change(path, i, ROWS + i)] : []));
    await commit(source, runner => writePathChanges(runner, releases));
    await source.query('ANALYZE target');
  });

  it('is paged in the order of paths, released ones left out', async () => {
    const seen: string[] = [];
    for (let after = ''; ; after = seen.at(-1)!) {
      const page = await readTargets(source, { after, limit: 777 });
      seen.push(...page.map(({ path }) => path));
      if (page.length < 777) break;
    }
    expect(seen).toEqual(live);
  });

  it('is paged within one project, which is not another whose name begins so', async () => {
    const ofProject = live.filter(path => path.startsWith('project-042/'));
    const page = await readTargets(source, { project: 'project-042', after: '', limit: 100 });
    expect(page.map(({ path }) => path)).toEqual(ofProject);
    const rest = await readTargets(source, { project: 'project-042', after: ofProject[2]!, limit: 2 });
    expect(rest.map(({ path }) => path)).toEqual(ofProject.slice(3, 5));
    expect(await readTargets(source, { project: 'project-04', after: '', limit: 100 })).toEqual([]);
    const bins = new Set(ofProject.map(path => paths.indexOf(path) % BINS));
    expect(new Set(await readBinsOfProject(source, 'project-042', WHOLE))).toEqual(bins);
    const [some] = bins;
    expect(await readBinsOfProject(source, 'project-042', { first: some!, last: some! })).toEqual([some]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a bin as of a position', () => readBinsAt(source, [{ bin: 7, position: ROWS / 2 }])],
    ['a bin as it is now', () => readBins(source, [7])],
    ['a path', () => readTarget(source, paths[5]!)],
    ['the history of a path', () => readTargetHistory(source, paths[5]!, 10)],
    ['a page of all paths', () => readTargets(source, { after: paths[5]!, limit: 100 })],
    ['a page of a project', () => readTargets(source, { project: 'project-042', after: '', limit: 100 })],
    ['the bins of a project', () => readBinsOfProject(source, 'project-042', WHOLE)],
    [
      'what a batch changes',
      () =>
        commit(source, runner => writePathChanges(runner, [{ path: paths[1]!, bin: 1, position: 3 * ROWS }])),
    ],
  ])('is read by an index for %s', async (_, read) => {
    const plans = await plansOf(source, 'target', read);
    expect(plans.length).toBeGreaterThan(0);
    for (const plan of plans) {
      expect(plan).toMatch(/Index/);
      expect(plan).not.toMatch(/Seq Scan on target/);
    }
  });
});
