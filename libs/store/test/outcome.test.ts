import { describe, expect, it } from 'vitest';
import { APPLIED, rejected, UNCHANGED } from '#ledger';
import type { Outcome } from '#projection';
import { readDecidedOutcomes, readOutcomes, readRejections, writeOutcomes } from '#store';
import { commit, testSchemas } from './test-schema.js';

const open = testSchemas();

const OUTCOMES: Outcome[] = [
  { position: 3, event: 0, verdict: APPLIED, role: 'bins-0' },
  { position: 3, event: 1, verdict: UNCHANGED, role: 'bins-1' },
  { position: 3, event: 2, verdict: rejected('path-taken', 'six/a has other content'), role: 'bins-1' },
  { position: 4, event: 0, entry: 0, verdict: rejected('draft-dead', 'too late'), role: 'snapshot' },
  { position: 4, event: 0, entry: 1, verdict: APPLIED, role: 'snapshot' },
  { position: 4, event: 0, entry: 2, verdict: UNCHANGED, role: 'snapshot' },
  { position: 7, event: 0, verdict: rejected('event-unknown', 'no such event') },
];

describe('outcomes', () => {
  it('are kept unless they were applied, in the order of the log', async () => {
    const source = await open();
    await commit(source, runner => writeOutcomes(runner, OUTCOMES));
    const found = await readOutcomes(source, 3, 4);
    expect(found.map(({ position, event, entry, code }) => [position, event, entry, code])).toEqual([
      [3, 1, -1, null],
      [3, 2, -1, 'path-taken'],
      [4, 0, 0, 'draft-dead'],
      [4, 0, 2, null],
    ]);
    expect(found[1]).toEqual({
      position: 3,
      event: 2,
      entry: -1,
      result: 'rejected',
      code: 'path-taken',
      detail: 'six/a has other content',
      role: 'bins-1',
    });
    expect(await readOutcomes(source, 5, 6)).toEqual([]);
  });

  it('are not taken for applied where Postgres has lost what was folded', async () => {
    const source = await open();
    await expect(readDecidedOutcomes(source, 3, 4)).rejects.toMatchObject({ code: 'projection-conflict' });
    await commit(source, runner => writeOutcomes(runner, OUTCOMES));
    await source.query('UPDATE progress SET position = 5');
    expect(await readDecidedOutcomes(source, 3, 4)).toEqual(await readOutcomes(source, 3, 4));
    expect(await readDecidedOutcomes(source, 0, 2)).toEqual([]);
    await expect(readDecidedOutcomes(source, 3, 5)).rejects.toMatchObject({ code: 'projection-conflict' });
  });

  it('that are rejections are listed newest first, a page at a time', async () => {
    const source = await open();
    await commit(source, runner => writeOutcomes(runner, OUTCOMES));
    const positions = async (before: number, limit: number) =>
      (await readRejections(source, before, limit)).map(({ position }) => position);
    expect(await positions(100, 10)).toEqual([7, 4, 3]);
    expect(await positions(7, 1)).toEqual([4]);
    expect(await positions(3, 10)).toEqual([]);
  });

  it('of a record are written once', async () => {
    const source = await open();
    await commit(source, runner => writeOutcomes(runner, OUTCOMES));
    await expect(commit(source, runner => writeOutcomes(runner, OUTCOMES))).rejects.toMatchObject({
      code: 'store-unavailable',
    });
  });

  it('quote what no column of text can hold', async () => {
    const source = await open();
    const outcome: Outcome = { position: 1, event: 0, verdict: rejected('event-unknown', '"\0x\0" is none') };
    await commit(source, runner => writeOutcomes(runner, [outcome]));
    expect((await readOutcomes(source, 1, 1))[0]?.detail).toBe('"\ufffdx\ufffd" is none');
  });
});
