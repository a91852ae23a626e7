import type { DataSource } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Policy } from '#ledger';
import { type AppliedCut, type BinState, type CompleteState, WHOLE } from '#projection';
import {
  binRow,
  cutsBetween,
  ROOT_MIGRATIONS,
  readBinStates,
  readCompleteStates,
  readNewestCuts,
  readNewestState,
  readRecordOffset,
  readRecordPosition,
  readRecordRuns,
  readRows,
  readStateAfter,
  SNAPSHOT_MIGRATIONS,
  snapshotFilesBetween,
  TARGETS_MIGRATIONS,
  TIMESTAMP_MIGRATIONS,
  writeBinRows,
  writeCompleteStates,
  writeCuts,
  writeRecordOffsets,
  writeSnapshotFiles,
} from '#store';
import { testKey } from '../../../test/fixtures/keys.js';
import { commit, testSchemas } from './test-schema.js';

const open = testSchemas();

const KEY_SET = { keys: [testKey('online').key], threshold: 1 };
const LIFETIME = { lifetime: 10, window: 5 };
const POLICY: Policy = {
  hashBins: LIFETIME,
  snapshot: LIFETIME,
  timestamp: LIFETIME,
  cutInterval: 1,
  overlap: 2,
};
const cut = (state: number): AppliedCut => ({
  state,
  at: 1_000 * state,
  position: 10 * state,
  rootHash: `root-${state}`,
  policy: POLICY,
  keys: {
    root: 1,
    rootsBefore: 1,
    hashBins: KEY_SET,
    hashBinsSince: 1,
    snapshot: [KEY_SET],
    timestamp: [KEY_SET, KEY_SET],
  },
});
const complete = (state: number): CompleteState => ({
  state,
  at: 1_000 * state,
  cut: 10 * state,
  position: 10 * state + 5,
  root: state,
  rootsBefore: 1,
});

describe('cuts', () => {
  it('are read as they were written, by position and from the newest', async () => {
    const source = await open(undefined, ROOT_MIGRATIONS);
    await commit(source, runner => writeCuts(runner, [cut(1), cut(2), cut(3)]));
    expect(await readRows(source, cutsBetween(10, 20))).toEqual([cut(1), cut(2)]);
    expect(await readRows(source, cutsBetween(11, 19))).toEqual([]);
    expect(await readNewestCuts(source, 3, 5)).toEqual([cut(2), cut(1)]);
    expect(await readNewestCuts(source, 100, 1)).toEqual([cut(3)]);
  });
});

describe('complete states', () => {
  let source: DataSource;
  beforeAll(async () => {
    source = await open(undefined, TIMESTAMP_MIGRATIONS);
  });

  it('are none at first', async () => {
    expect(await readNewestState(source)).toBeUndefined();
    expect(await readStateAfter(source, 0)).toBeUndefined();
  });

  it('are found by number, the newest, and the first that publishes a position; state 2 died', async () => {
    await commit(source, runner => writeCompleteStates(runner, [complete(1), complete(3)]));
    expect(await readNewestState(source)).toEqual(complete(3));
    expect(await readCompleteStates(source, 1, 2)).toEqual([complete(1)]);
    expect(await readCompleteStates(source, 0, 9)).toEqual([complete(3), complete(1)]);
    expect(await readStateAfter(source, 9)).toEqual(complete(1));
    expect(await readStateAfter(source, 10)).toEqual(complete(3));
    expect(await readStateAfter(source, 30)).toBeUndefined();
  });
});

describe('snapshot files', () => {
  it('are found by the record that completed them', async () => {
    const source = await open(undefined, SNAPSHOT_MIGRATIONS);
    const file = { version: 2, position: 7, length: 1_000_000, sha256: 'ab' };
    await commit(source, runner => writeSnapshotFiles(runner, [file]));
    expect(await readRows(source, snapshotFilesBetween(7, 7))).toEqual([file]);
    expect(await readRows(source, snapshotFilesBetween(0, 6))).toEqual([]);
  });
});

describe('states of bins', () => {
  it('keep the last that was written of each bin', async () => {
    const source = await open(undefined, TARGETS_MIGRATIONS);
    const signed: BinState = {
      changed: 3,
      role: {
        highest: 2,
        complete: { version: 1, expires: 9, drafted: 1, sha256: 'a', completed: 2 },
        draft: { version: 2, expires: 9, position: 4, sha256: 'b', signatures: new Map([['key', 'sig']]) },
      },
    };
    const fresh: BinState = { changed: -1, role: { highest: 0 } };
    await commit(source, runner => writeBinRows(runner, [binRow(0, fresh), binRow(1, fresh)]));
    await commit(source, runner => writeBinRows(runner, [binRow(1, signed)]));
    await commit(source, runner => writeBinRows(runner, []));
    expect(await readBinStates(source, WHOLE)).toEqual(
      new Map([
        [0, fresh],
        [1, signed],
      ]),
    );
    expect([...(await readBinStates(source, { first: 1, last: 7 })).keys()]).toEqual([1]);
  });
});

describe('offsets of records', () => {
  it('follow from the places at which they leap', async () => {
    const source = await open(undefined, ROOT_MIGRATIONS);
    expect(await readRecordOffset(source, 0)).toBeUndefined();
    await commit(source, runner => writeRecordOffsets(runner, [{ position: 0, offset: 2 }]));
    await commit(source, runner => writeRecordOffsets(runner, [{ position: 4, offset: 9 }]));
    const offsets = await Promise.all([0, 1, 3, 4, 6].map(position => readRecordOffset(source, position)));
    expect(offsets).toEqual([2, 3, 5, 9, 11]);
    const positions = await Promise.all(
      [1, 2, 5, 6, 8, 9, 11].map(offset => readRecordPosition(source, offset)),
    );
    expect(positions).toEqual([undefined, 0, 3, undefined, undefined, 4, 6]);
  });

  it('give the runs in which records follow each other', async () => {
    const source = await open(undefined, ROOT_MIGRATIONS);
    expect(await readRecordRuns(source, 0, 9)).toEqual([]);
    const leaps = [0, 4, 5].map(position => ({ position, offset: position * position + 2 }));
    await commit(source, runner => writeRecordOffsets(runner, leaps));
    expect(await readRecordRuns(source, 0, 7)).toEqual([
      { position: 0, offset: 2, count: 4 },
      { position: 4, offset: 18, count: 1 },
      { position: 5, offset: 27, count: 3 },
    ]);
    expect(await readRecordRuns(source, 2, 2)).toEqual([{ position: 2, offset: 4, count: 1 }]);
    expect(await readRecordRuns(source, 3, 4)).toEqual([
      { position: 3, offset: 5, count: 1 },
      { position: 4, offset: 18, count: 1 },
    ]);
    expect(await readRecordRuns(source, 6, 8)).toEqual([{ position: 6, offset: 28, count: 3 }]);
  });
});
