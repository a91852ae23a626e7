import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { coverAllBins, type Shard, shardsOverlap, WHOLE } from '#projection';
import {
  claimShard,
  commitProgress,
  type Progress,
  progressChannel,
  readFoldStates,
  readProgress,
  readWatermark,
} from '#store';
import { progressAt, testSchemas } from './test-schema.js';

const open = testSchemas();
const END = WHOLE.last;
const TAKEN = { code: 'shard-taken', retryable: false };
const CONFLICT = { code: 'projection-conflict', retryable: true };

const at = (position: number, shard: Shard, branch = 'a') => progressAt(position, branch, shard);
const range = (first: number, last = END): Shard => ({ first, last });
const join = (states: readonly string[]) => `[${states.join()}]`;
const claim = (source: DataSource, shard: Shard) => claimShard(source, shard, join);

/** A schema whose projection is divided like this. */
async function divided(...rows: readonly Progress[]): Promise<DataSource> {
  const source = await open();
  for (const row of rows) await commitProgress(source, undefined, row);
  return source;
}

/** Positions by shard, as `first-last@position`. */
async function rowsIn(source: DataSource): Promise<string[]> {
  const rows = await source.query('SELECT first_bin, last_bin, position FROM progress ORDER BY first_bin');
  return rows.map((row: Record<string, string>) => {
    const last = Number(row.last_bin) === END ? '' : row.last_bin;
    return `${row.first_bin}-${last}@${row.position}`;
  });
}

describe('shards of a projection', () => {
  it('move each for itself, and only from where each stands', async () => {
    const source = await divided(at(3, range(0, 7)), at(5, range(8)));
    await commitProgress(source, at(3, range(0, 7)), at(9, range(0, 7)));
    expect(await readProgress(source, range(0, 7))).toEqual(at(9, range(0, 7)));
    expect(await readProgress(source, range(8))).toEqual(at(5, range(8)));
    await expect(commitProgress(source, at(3, range(8)), at(6, range(8)))).rejects.toMatchObject(CONFLICT);
  });

  it.each([range(4, 11), range(0, 3), range(7, 7), WHOLE])(
    'take no bins of others ($first to $last)',
    async other => {
      const source = await divided(at(3, range(0, 7)));
      await expect(commitProgress(source, undefined, at(1, other))).rejects.toMatchObject(CONFLICT);
      await expect(readProgress(source, other)).rejects.toMatchObject(TAKEN);
      expect(await rowsIn(source)).toEqual(['0-7@3']);
    },
  );

  it('have come as far as the last of them, and nowhere while bins are missing', async () => {
    const source = await open();
    const watermarks: number[] = [];
    const look = async () => watermarks.push(await readWatermark(source));
    await look();
    await commitProgress(source, undefined, at(9, range(8)));
    await look();
    await commitProgress(source, undefined, at(4, range(0, 6)));
    await look();
    expect(await readFoldStates(source)).toBeUndefined();
    await commitProgress(source, undefined, at(7, range(7, 7)));
    await look();
    await commitProgress(source, at(4, range(0, 6)), at(12, range(0, 6)));
    await look();
    expect(watermarks).toEqual([0, 0, 0, 4, 7]);
    expect((await readFoldStates(source))?.sort()).toEqual([12, 7, 9].map(n => progressAt(n).state).sort());
  });

  it('are told of with their bins', async () => {
    const source = await open('shards_told');
    const runner = source.createQueryRunner();
    const client = await runner.connect();
    const told: string[] = [];
    client.on('notification', ({ payload }: { payload: string }) => told.push(payload));
    await runner.query(`LISTEN ${progressChannel('shards_told')}`);
    await commitProgress(source, undefined, at(4, WHOLE));
    await claim(source, range(8, 15));
    await commitProgress(source, at(4, range(8, 15)), at(6, range(8, 15)));
    const parts = ['4:0-7', '4:8-15', `4:16-${END}`, '6:8-15'];
    await expect.poll(() => told).toEqual(['4', ...parts].map(rest => `shards_told:${rest}`));
    await runner.release();
  });
});

describe('claimShard', () => {
  const whole = at(5, WHOLE);
  const cases: [string, Progress[], Shard, Shard[], string[]][] = [
    ['leaves an empty projection as it is', [], range(0, 7), [range(0, 7)], []],
    ['leaves a row of those bins as it is', [at(5, range(0, 7))], range(0, 7), [range(0, 7)], ['0-7@5']],
    ['takes the first half of a row', [whole], range(0, 7), [range(0, 7)], ['0-7@5', '8-@5']],
    ['takes the second half of a row', [whole], range(8), [range(8)], ['0-7@5', '8-@5']],
    ['takes the middle of a row', [whole], range(4, 7), [range(4, 7)], ['0-3@5', '4-7@5', '8-@5']],
    ['joins neighbours', [at(5, range(0, 3)), at(5, range(4))], WHOLE, [WHOLE], ['0-@5']],
    [
      'leaves apart neighbours at different positions',
      [at(5, range(0, 3)), at(6, range(4, 9)), at(6, range(10))],
      WHOLE,
      [range(0, 3), range(4)],
      ['0-3@5', '4-@6'],
    ],
    [
      'leaves apart neighbours of different prefixes',
      [at(5, range(0, 3)), at(5, range(4), 'b')],
      WHOLE,
      [range(0, 3), range(4)],
      ['0-3@5', '4-@5'],
    ],
    [
      'takes from two rows and joins what it took',
      [at(5, range(0, 7)), at(5, range(8))],
      range(5, 9),
      [range(5, 9)],
      ['0-4@5', '5-9@5', '10-@5'],
    ],
    [
      'gives bins that nobody folded beside those that someone did',
      [at(5, range(2, 3)), at(5, range(6, 9))],
      range(0, 7),
      [range(0, 1), range(2, 3), range(4, 5), range(6, 7)],
      ['2-3@5', '6-7@5', '8-9@5'],
    ],
    [
      'does not touch others',
      [at(5, range(0, 3)), at(5, range(4, 7)), at(5, range(8))],
      range(4, 7),
      [range(4, 7)],
      ['0-3@5', '4-7@5', '8-@5'],
    ],
  ];

  it.each(cases)('%s', async (_, rows, shard, shards, left) => {
    const source = await divided(...rows);
    expect(await claim(source, shard)).toEqual(shards);
    expect(await rowsIn(source)).toEqual(left);
  });

  it('keeps all of a row in its parts, and of neighbours the offset that neither has passed', async () => {
    const source = await divided({ ...at(5, range(0, 3)), offset: 9 }, { ...at(5, range(4)), offset: 8 });
    await claim(source, WHOLE);
    const { state } = progressAt(5);
    expect(await readProgress(source)).toEqual({ ...whole, offset: 8, state: `[${state},${state}]` });
    await claim(source, range(4));
    expect(await readProgress(source, range(4))).toMatchObject({ position: 5, offset: 8 });
  });

  it('ends the commits of whoever folded those bins, and tells him', async () => {
    const source = await divided(whole);
    await claim(source, range(8));
    await expect(commitProgress(source, whole, at(6, WHOLE))).rejects.toMatchObject(CONFLICT);
    await expect(readProgress(source)).rejects.toMatchObject({
      ...TAKEN,
      message: expect.stringMatching(/folds all bins, but .* bins 0 to 7, bins 8 and above/),
    });
  });

  it('waits for a commit under way, which counts', async () => {
    const source = await divided(whole);
    let claimed: Promise<Shard[]> | undefined;
    await commitProgress(source, whole, at(6, WHOLE), async () => {
      claimed = claim(source, range(8));
      await new Promise(resolve => setTimeout(resolve, 100));
    });
    expect(await claimed).toEqual([range(8)]);
    expect(await rowsIn(source)).toEqual(['0-7@6', '8-@6']);
  });

  it('comes to what one after the other would, where many claim at once', async () => {
    const source = await divided(whole);
    await Promise.all([range(0, 3), range(4, 7), range(8, 11), range(12)].map(shard => claim(source, shard)));
    expect(await rowsIn(source)).toEqual(['0-3@5', '4-7@5', '8-11@5', '12-@5']);
  });

  it('never loses bins or a position, whatever is claimed in whatever order', async () => {
    const source = await divided(whole);
    const ranges = fc
      .tuple(fc.nat(15), fc.nat(15))
      .map(([a, b]) => range(Math.min(a, b), Math.max(a, b) === 15 ? END : Math.max(a, b)));
    let position = 5;
    await fc.assert(
      fc.asyncProperty(ranges, async shard => {
        const shards = await claim(source, shard);
        const rows = await source.query('SELECT * FROM progress');
        const all = rows.map((row: Record<string, string>) =>
          range(Number(row.first_bin), Number(row.last_bin)),
        );
        expect(coverAllBins(all)).toBe(true);
        expect(shards.every(part => part.first >= shard.first && part.last <= shard.last)).toBe(true);
        expect(all.filter((other: Shard) => shardsOverlap(shard, other))).toHaveLength(shards.length);
        const before = await readProgress(source, shards[0]!);
        await commitProgress(source, before, at(++position, shards[0]!));
      }),
      { numRuns: 60 },
    );
  });
});
